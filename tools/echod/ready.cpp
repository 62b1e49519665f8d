// echod's ready lines.
#include "tools/echod/ready.h"

#include "report/counted.h"
#include "report/json.h"
#include "tools/front/metrics.h"
#include "tools/server/faults.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "echod";

std::string_view name_of(net::Transport transport) {
    return transport == net::Transport::tcp ? "tcp" : "udp";
}

std::string ready_json(const net::Endpoint& local, net::Transport transport,
                       const serve::Engine& engine, const serve::ServeOptions& options) {
    report::Json line = report::event(tool, "listening");
    line.set("address", local.address())
        .set("port", static_cast<int>(local.port()))
        .set("protocol", name_of(transport))
        .set("engine", engine.name);
    if (engine.has_workers)
        line.set("workers", options.workers);
    set_faults(line, options.faults.get(), transport);
    return line.to_string() + '\n';
}

std::string ready_text(const net::Endpoint& local, net::Transport transport,
                       const serve::Engine& engine, const serve::ServeOptions& options) {
    std::string workers;
    if (engine.has_workers)
        workers = ", " + report::counted(options.workers, "worker");
    return fmt::format("listening on {} ({}, {}{}{})\n", local.to_string(), name_of(transport),
                       engine.name, workers, fault_text(options.faults.get(), transport));
}

}  // namespace

void announce(const serve::Listeners& listeners, const serve::Engine& engine,
              const serve::ServeOptions& options,
              const std::optional<serve::StatusEndpoint>& metrics, bool json, Io io) {
    const auto tell = [&](const net::Socket& socket, net::Transport transport) {
        if (const auto local = socket.local())
            io.out.write(json ? ready_json(*local, transport, engine, options)
                              : ready_text(*local, transport, engine, options));
    };
    for (const net::Socket& socket : listeners.tcp)
        tell(socket, net::Transport::tcp);
    for (const net::Socket& socket : listeners.udp)
        tell(socket, net::Transport::udp);
    if (metrics)
        announce_metrics(*metrics, tool, json, io);
    io.out.flush();
}

}  // namespace sockbox::tools

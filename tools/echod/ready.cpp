// Chooses an engine, falls back to another, and prints the ready lines.
#include "tools/echod/ready.h"

#include "report/counted.h"
#include "report/json.h"
#include "tools/front/metrics.h"
#include "tools/server/server.h"

namespace sockbox::tools {
namespace {

void note_fall_back(const net::Error& why, const serve::Engine& next, EchodLog& log) {
    log.note(fmt::format("{}; falling back to {}", why.message(), next.name));
}

net::Result<const serve::Engine*> find_available(const std::string& name) {
    const serve::Engine* engine = serve::find_engine(name);
    if (engine == nullptr)
        return net::fail({std::make_error_code(std::errc::not_supported),
                          "engine",
                          name,
                          "not supported on this platform",
                          {}});
    if (auto available = engine->available(); !available)
        return net::fail(available.error());
    return engine;
}

constexpr std::string_view tool = "echod";

std::string_view to_text(net::Transport transport) {
    return transport == net::Transport::tcp ? "tcp" : "udp";
}

std::string ready_to_json(const net::Endpoint& local, net::Transport transport,
                          const serve::Engine& engine, const serve::ServeOptions& options) {
    report::Json line = report::event(tool, "listening");
    line.set("address", local.address())
        .set("port", static_cast<int>(local.port()))
        .set("protocol", to_text(transport))
        .set("engine", engine.name);
    if (engine.has_workers)
        line.set("workers", options.workers);
    set_faults(line, options.faults.get(), transport);
    return line.to_string() + '\n';
}

std::string ready_to_text(const net::Endpoint& local, net::Transport transport,
                          const serve::Engine& engine, const serve::ServeOptions& options) {
    std::string workers;
    if (engine.has_workers)
        workers = ", " + report::counted(options.workers, "worker");
    return fmt::format("listening on {} ({}, {}{}{})\n", local.to_string(), to_text(transport),
                       engine.name, workers, faults_to_text(options.faults.get(), transport));
}

}  // namespace

net::Result<EngineChoice> EngineChoice::make(const std::string& name, const serve::Faults* faults,
                                             EchodLog& log) {
    if (name == "auto") {
        std::vector<net::Error> refusals;
        const serve::Engine& best = serve::best_engine(refusals);
        for (const net::Error& refusal : refusals)
            note_fall_back(refusal, best, log);
        return EngineChoice(serve::engine_with(best, faults), true, log);
    }
    const auto named = find_available(name);
    if (!named)
        return net::fail(named.error());
    const serve::Engine& engine = serve::engine_with(**named, faults);
    if (&engine != *named)
        log.note(
            fmt::format("{} does not support TCP faults; using {} instead", name, engine.name));
    return EngineChoice(engine, false, log);
}

net::Status EngineChoice::serve(serve::Service& service, serve::Listeners&& listeners) {
    // An engine that fails before it is ready leaves the listeners intact for the next one.
    const auto try_engine = [&] { return engine_->serve(service, std::move(listeners)); };
    auto served = try_engine();
    while (!served && automatic_ && !log_->was_ready() && engine_ != serve::engines().data()) {
        --engine_;
        note_fall_back(served.error(), *engine_, *log_);
        served = try_engine();
    }
    return served;
}

void announce(const serve::Listeners& listeners, const serve::Engine& engine,
              const serve::ServeOptions& options,
              const std::optional<serve::StatusEndpoint>& metrics, bool json, Io io) {
    const auto tell = [&](const net::Socket& socket, net::Transport transport) {
        if (const auto local = socket.local())
            io.out.write(json ? ready_to_json(*local, transport, engine, options)
                              : ready_to_text(*local, transport, engine, options));
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

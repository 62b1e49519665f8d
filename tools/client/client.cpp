// The options common to both clients, and the resolution of their operands.
#include "tools/client/client.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "net/resolver.h"
#include "option/candidates.h"
#include "option/conflict.h"
#include "probe/lookup/host_lookup.h"
#include "system/thread.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t max_targets = 256;  // each uses at least one thread
constexpr std::size_t max_ports = 1024;

// "PORT" or "PORT-PORT"; a service may have a name with dashes.
net::Result<PortRange> parse_port_range(std::string_view text, net::Transport transport) {
    if (const auto port = net::resolve_port(text, transport, 1))
        return PortRange{*port, *port};
    const std::size_t dash = text.find('-');
    const auto first = net::parse_port(text.substr(0, dash), 1);
    if (!first || dash == text.npos)
        return net::fail_text(
            fmt::format("'{}' is not a port (1 to 65535), a service name or "
                        "PORT-PORT",
                        net::escape(text)));
    const auto last = net::parse_port(text.substr(dash + 1), 1);
    if (!last)
        return net::fail(last.error());
    if (*first > *last)
        return net::fail_text(fmt::format("'{}' is empty", text));
    const PortRange range{*first, *last};
    if (range.size() > max_ports)
        return net::fail_text(
            fmt::format("'{}' has {} ports, more than {}", text, range.size(), max_ports));
    return range;
}

}  // namespace

NamedServer Target::named() const {
    NamedServer server{text};
    if (!endpoints.empty())
        server.address = endpoints.back().unmapped();
    else if (const auto numeric = net::Endpoint::parse(host, port))
        server.address = *numeric;
    return server;
}

std::vector<NamedServer> names_of(std::span<const Target> targets) {
    std::vector<NamedServer> servers;
    servers.reserve(targets.size());
    for (const Target& target : targets)
        servers.push_back(target.named());
    return servers;
}

void ClientOptions::declare(Cli& cli) {
    // Operands may be absent with --target or udpecho --listen; add_targets() checks for them.
    cli.operands(operands, 0, operands.max_size())
        .operands_completed_by([](Args before, std::string_view /*typed*/) -> Completion {
            if (before.size() > 1)
                return {};
            return {before.empty() ? Completion::Kind::hosts : Completion::Kind::services};
        });
    cli.group(help::sending);
    cli.option("-W,--timeout", "DURATION",
               transport == net::Transport::tcp
                   ? "how long to wait for a reply (default 2s; for standard input 10s)"
                   : "a reply later than this is lost (default 2s)",
               take_duration(timeout));
    if (transport == net::Transport::udp)
        cli.rest();
    cli.option("--source", "ADDRESS", "send from this address", [this](std::string_view text) {
        const auto endpoint = net::Endpoint::parse(text);
        if (!endpoint)
            return net::Status(net::fail(endpoint.error()));
        source = *endpoint;
        return net::Status();
    });
    cli.repeated("--set", "NAME=VALUE", "set a socket option before connecting",
                 [this](std::string_view text) {
                     auto setting = net::parse_setting(text);
                     if (!setting)
                         return net::Status(net::fail(setting.error()));
                     if (auto usable = net::check_conflict(*setting); !usable)
                         return usable;
                     settings.push_back(std::move(*setting));
                     return net::Status();
                 })
        .completed_by(complete_by(net::setting_candidates));
    cli.rest();
    cli.option("--source-port", "PORT[-PORT]",
               "send from this port, or from these in turn, with results by port",
               [this](std::string_view text) {
                   return parse_port_range(text, transport).map([this](const PortRange& range) {
                       source_ports = range;
                   });
               });
    cli.flag("--no-verify", "do not compare the echo with what was sent", no_verify);
    cli.repeated("--target", "HOST:PORT", "another server to measure at the same time",
                 [this](std::string_view text) {
                     auto parts = net::split_host_port(text);
                     if (!parts)
                         return net::Status(net::fail(parts.error()));
                     if (const auto host = net::check_host(parts->host); !host)
                         return net::Status(net::fail(host.error()));
                     if (const auto port = net::resolve_port(parts->port, transport, 1); !port)
                         return net::Status(net::fail(port.error()));
                     if (others.size() == max_targets)
                         return net::Status(
                             net::fail_text(fmt::format("more than {} servers", max_targets)));
                     others.push_back(std::move(*parts));
                     return net::Status();
                 });
}

std::string ClientOptions::message() const {
    return fmt::format("{}\n", fmt::join(operands.begin() + 2, operands.end(), " "));
}

std::optional<int> ClientOptions::add_targets(const Cli& cli, Io io, std::vector<Target>& targets,
                                              bool has_file) const {
    if (operands.size() == 1 || (operands.empty() && others.empty() && !has_file))
        return cli.refuse(io, operands.empty() ? "missing HOST and PORT"
                                               : fmt::format("missing PORT after the host '{}'",
                                                             net::escape(operands[0])));
    if (source_ports && (!others.empty() || has_file))
        return cli.refuse(io, "--source-port supports only one server");
    if (source && common.family != net::Family::any && source->family() != common.family)
        return cli.refuse(io, "the address of --source is not of the requested family");
    std::vector<net::HostPort> all = others;
    if (!operands.empty())
        all.insert(all.begin(), {operands[0], operands[1]});
    for (const net::HostPort& one : all) {
        auto found = target(one);
        if (!found)
            return cli.refuse(io, found.error().message());
        for (const Target& other : targets)
            if (other.text == found->text)
                return cli.refuse(io, fmt::format("--target: {} is given twice", found->text));
        targets.push_back(std::move(*found));
    }
    return std::nullopt;
}

net::Result<Target> ClientOptions::target(const net::HostPort& text) const {
    const auto host = net::check_host(text.host);
    if (!host)
        return net::fail(host.error());
    const auto port = net::resolve_port(text.port, transport, 1);
    if (!port)
        return net::fail(port.error());
    const bool is_v6 = host->find(':') != host->npos;
    const std::string name = net::escape(*host);
    Target target;
    target.text = fmt::format("{}:{}", is_v6 ? "[" + name + "]" : name, *port);
    target.host = *host;
    target.port = *port;
    return target;
}

net::Family ClientOptions::family() const {
    return source ? source->family() : common.family;
}

net::Status ClientOptions::resolve(Target& target, std::chrono::nanoseconds limit,
                                   const net::StopSignal* stop) const {
    auto endpoints =
        probe::look_up_host(target.host, target.port, family(), transport, limit, stop);
    if (!endpoints)
        return net::fail(with_hint_of_source(endpoints.error()));
    target.endpoints = std::move(*endpoints);
    return {};
}

net::Error ClientOptions::with_hint_of_source(net::Error error) const {
    if (source && error.hint.find("was requested") != error.hint.npos)
        error.hint += fmt::format(", by --source {}", source->address());
    return error;
}

std::string ClientOptions::source_ports_text() const {
    if (!source_ports)
        return "any";
    return has_port_range() ? fmt::format("{}-{}, in turn", source_ports->first, source_ports->last)
                            : std::to_string(source_ports->first);
}

std::string ClientOptions::mistake_in_ports(const Cli& cli, bool measures) const {
    if (has_port_range() && !measures)
        return "a range of --source-port needs one of -c -t --rate";
    if (source_ports && cli.given("connections"))
        return "--source-port and --connections are mutually exclusive";
    return {};
}

net::Status ClientOptions::check_source_ports(net::Family family, std::size_t from) const {
    net::Status done;
    const net::Endpoint address = source.value_or(net::Endpoint::any(family));
    for (std::size_t i = from; done && source_ports && i < source_ports->size(); ++i) {
        const net::Endpoint local = address.with_port(source_port(i));
        const auto bound =
            transport == net::Transport::tcp ? net::bind_stream(local) : net::bind_datagram(local);
        if (bound)
            continue;
        net::Error error = bound.error();
        error.hint.clear();  // it is about servers
        done = net::fail(std::move(error));
    }
    return done;
}

net::Prepare ClientOptions::prepare() const {
    return [this](net::Socket& socket) {
        net::Status done;
        if (transport == net::Transport::tcp)
            done = socket.set_option(SOL_SOCKET, SO_OOBINLINE, 1);
        for (const net::Setting& setting : settings)
            if (done)
                done = net::apply(socket, setting);
        return done;
    };
}

report::Json ClientOptions::result(const NamedServer& server) const {
    report::Json json = report::event(tool, "result", started);
    json.set("target", server.target)
        .set("mode", mode)
        .set("address",
             server.address ? report::Json(server.address->to_string()) : report::Json());
    return json;
}

int ClientOptions::fail(Io io, const net::Error& error, int status,
                        std::span<const NamedServer> servers) const {
    print_error(io, tool, error);
    const auto print = [&](report::Json json) {
        io.out.print("{}\n", json.set("error", to_json(error)).to_string());
    };
    if (common.json && servers.empty())
        print(report::event(tool, "result", started));
    if (common.json)
        for (const NamedServer& server : servers)
            print(result(server));
    return flush(io, tool, status);
}

void at_once(std::size_t count, const std::function<void(std::size_t)>& work) {
    constexpr std::size_t max_threads = 64;
    std::atomic<std::size_t> next{0};
    const auto work_on = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::thread> threads;
    threads.reserve(max_threads);
    for (std::size_t i = 1; i < std::min(count, max_threads); ++i)
        if (!net::start_thread_in(threads, work_on))
            break;
    work_on();
    for (std::thread& thread : threads)
        thread.join();
}

}  // namespace sockbox::tools

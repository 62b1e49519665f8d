// The options of both clients, and the way from their operands to addresses.
#include "tools/client.h"

#include <algorithm>

#include "net/escape.h"
#include "net/resolver.h"

namespace sockbox::tools {
namespace {

net::Family family_of(const Client& client) {
    return client.source ? client.source->family() : client.common.family;
}

}  // namespace

void Client::declare(Cli& cli) {
    cli.common(common);
    // None with udpecho --listen: that they are there is checked when they are used.
    cli.operands(operands, transport == net::Transport::tcp ? 2 : 0, operands.max_size());
    cli.option("-W,--timeout", "DURATION",
               transport == net::Transport::tcp
                   ? "how long to wait for an answer (default 2s; in a pipe 10s)"
                   : "a reply later than this is lost (default 2s)",
               take_duration(timeout));
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
                     settings.push_back(std::move(*setting));
                     return net::Status();
                 });
    cli.flag("--no-verify", "do not compare what comes back", no_verify);
}

std::string Client::message() const {
    return fmt::format("{}\n", fmt::join(operands.begin() + 2, operands.end(), " "));
}

std::optional<int> Client::resolve(const Cli& cli, Io io, Target& target) const {
    if (operands.size() < 2)
        return cli.refuse(io, "an operand is missing");
    const auto host = net::check_host(operands[0]);
    if (!host)
        return cli.refuse(io, host.error().message());
    const auto port = net::resolve_port(operands[1], transport, 1);
    if (!port)
        return cli.refuse(io, port.error().message());
    if (source && common.family != net::Family::any && source->family() != common.family)
        return cli.refuse(io, "--source is not of the family asked for");
    const bool is_v6 = host->find(':') != host->npos;
    const std::string name = net::escape(*host);
    target.text = fmt::format("{}:{}", is_v6 ? "[" + name + "]" : name, *port);
    auto endpoints = net::resolve_endpoints(*host, *port, family_of(*this), transport);
    if (!endpoints)
        return fail(io, endpoints.error(), status_of(endpoints.error()));
    target.endpoints = std::move(*endpoints);
    return std::nullopt;
}

net::Prepare Client::prepare() const {
    return [this](net::Socket& socket) {
        net::Status done;
        for (const net::Setting& setting : settings)
            if (done)
                done = net::apply(socket, setting);
        return done;
    };
}

report::Json Client::result(std::string_view mode, const std::string& target) const {
    report::Json json = report::event(tool, "result");
    json.set("target", target).set("mode", mode);
    return json;
}

int Client::fail(Io io, const net::Error& error, int status) const {
    complain(io, tool, error);
    if (common.json) {
        report::Json json = report::event(tool, "result");
        io.out.print("{}\n", json.set("error", to_json(error)).to_string());
    }
    return finish(io, tool, status);
}

report::Json to_json(const net::Error& error) {
    report::Json json = report::Json::object();
    const std::string_view symbol = net::symbol(error.code);
    json.set("symbol", symbol.empty() ? report::Json() : report::Json(symbol))
        .set("code", error.code.value())
        .set("message", error.message());
    return json;
}

}  // namespace sockbox::tools

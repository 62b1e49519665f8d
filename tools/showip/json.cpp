// showip's JSON form.
#include <fmt/format.h>

#include "net/resolver.h"
#include "report/json.h"
#include "tools/showip/views.h"

namespace sockbox::tools {
namespace {

using report::Json;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

// The symbol; a number that has none as the number.
Json named(int number, std::string_view symbol) {
    return symbol.empty() ? Json(number) : Json(symbol);
}

Json flags_json(int flags) {
    Json list = Json::array();
    for (const std::string& symbol : net::flag_symbols(flags))
        list.push(symbol);
    return list;
}

Json hints_json(const net::ResolveHints& hints) {
    const auto family = hints.family == AF_INET    ? net::Family::ipv4
                        : hints.family == AF_INET6 ? net::Family::ipv6
                                                   : net::Family::any;
    Json json = Json::object();
    json.set("flags", flags_json(hints.flags)).set("family", net::family_name(family));
    json.set("socktype", hints.socktype == 0
                             ? Json("any")
                             : named(hints.socktype, net::socket_type_symbol(hints.socktype)));
    json.set("protocol", hints.protocol == 0
                             ? Json("any")
                             : named(hints.protocol, net::protocol_symbol(hints.protocol)));
    return json;
}

std::string hex(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const std::byte byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

Json error_json(const net::Error& error) {
    Json json = Json::object();
    json.set("symbol", net::symbol(error.code)).set("code", error.code.value());
    json.set("message", error.detail.empty() ? error.code.message() : error.detail);
    return json;
}

Json reverse_json(const net::Result<probe::ReverseName>& reverse) {
    Json json = Json::object();
    if (!reverse)
        return json.set("name", nullptr).set("error", error_json(reverse.error()));
    return json.set("name", reverse->name).set("confirmed", reverse->confirmed);
}

Json route_json(const net::Result<net::Route>& route) {
    Json json = Json::object();
    if (!route)
        return json.set("address", nullptr).set("error", error_json(route.error()));
    return json.set("address", route->source.address()).set("interface", route->device);
}

Json connect_json(const probe::ConnectTrial& trial) {
    Json json = Json::object();
    json.set("connected", !trial.error).set("elapsed_ns", trial.elapsed.count());
    if (trial.error)
        json.set("error", error_json(*trial.error));
    return json;
}

Json address_json(const net::ResolvedAddress& node, const probe::Detail& detail) {
    Json json = Json::object();
    json.set("flags", flags_json(node.flags))
        .set("family", net::family_name(node.endpoint.family()))
        .set("socktype", named(node.socktype, net::socket_type_symbol(node.socktype)))
        .set("protocol", named(node.protocol, net::protocol_symbol(node.protocol)))
        .set("address", node.endpoint.address())
        .set("port", node.endpoint.port())
        .set("scope_id", node.endpoint.scope_id())
        .set("flowinfo", node.endpoint.flow_info())
        .set("sockaddr_hex", hex(node.sockaddr_bytes));
    if (detail.reverse)
        json.set("reverse", reverse_json(*detail.reverse));
    if (detail.route)
        json.set("source", route_json(*detail.route));
    if (detail.connect)
        json.set("connect", connect_json(*detail.connect));
    return json;
}

}  // namespace

std::string showip_json(const probe::Lookup& lookup) {
    const probe::Question& question = lookup.question;
    Json json = report::event("showip", "result");
    json.set("host", text_or_null(question.host)).set("service", text_or_null(question.service));
    if (!question.source.empty())
        json.set("source", question.source);
    json.set("canonical_name",
             lookup.answer ? text_or_null(lookup.answer->canonical_name) : Json());
    json.set("elapsed_ns", lookup.elapsed.count()).set("hints", hints_json(question.hints));
    Json addresses = Json::array();
    for (std::size_t i = 0; lookup.answer && i < lookup.answer->addresses.size(); ++i)
        addresses.push(address_json(lookup.answer->addresses[i], i < lookup.details.size()
                                                                     ? lookup.details[i]
                                                                     : probe::Detail()));
    json.set("addresses", std::move(addresses));
    if (!lookup.details.empty() && lookup.details.front().connect)
        json.set("happy_eyeballs",
                 lookup.preferred
                     ? Json(lookup.answer->addresses[*lookup.preferred].endpoint.to_string())
                     : Json());
    Json remarks = Json::array();
    for (const std::string& remark : probe::remarks_on(lookup))
        remarks.push(remark);
    json.set("remarks", std::move(remarks));
    if (!lookup.answer)
        json.set("error", error_json(lookup.answer.error()));
    return json.to_string() + '\n';
}

std::string showip_stats_json(const stats::Summary& times, std::uint64_t failures) {
    const auto nanoseconds = [](const std::optional<std::chrono::nanoseconds>& time) {
        return time ? Json(time->count()) : Json();
    };
    Json json = report::event("showip", "stats");
    json.set("lookups", times.count).set("failures", failures);
    json.set("p50_ns", nanoseconds(times.p50)).set("p90_ns", nanoseconds(times.p90));
    json.set("p99_ns", nanoseconds(times.p99)).set("max_ns", nanoseconds(times.max));
    return json.to_string() + '\n';
}

}  // namespace sockbox::tools

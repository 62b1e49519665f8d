// Formats lookups as text (default, short, long, by source) and as JSON.
#include "tools/showip/views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "net/resolver.h"
#include "net/selection/special_addresses.h"
#include "report/counted.h"
#include "report/json.h"
#include "system/resolver_error.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/front/command.h"

namespace sockbox::tools {
namespace {

using tools::to_json;

using report::Json;

using net::ResolvedAddress;
using probe::Lookup;

std::string heading(const Lookup& lookup, bool emphasis) {
    const probe::Question& question = lookup.question;
    const bool passive = (question.hints.flags & AI_PASSIVE) != 0;
    const std::string encoded =
        lookup.encoded_name.empty() ? std::string() : fmt::format(" ({})", lookup.encoded_name);
    const std::string subject = !question.host.empty()
                                    ? "for " + net::escape(question.host) + encoded
                                : passive ? "to bind"
                                          : "of loopback";
    const std::string line = fmt::format("IP addresses {}:", subject);
    return emphasis ? fmt::format("\x1b[1m{}\x1b[0m\n\n", line) : line + "\n\n";
}

// "2 (AF_INET)", or only the number if it has no symbol.
std::string named(int number, std::string_view symbol) {
    return symbol.empty() ? std::to_string(number) : fmt::format("{} ({})", number, symbol);
}

std::string named_flags(int flags) {
    const auto symbols = net::flag_symbols(flags);
    return symbols.empty()
               ? std::to_string(flags)
               : fmt::format("{:#x} ({})", static_cast<unsigned>(flags), fmt::join(symbols, " | "));
}

// The bytes in hex, 16 per line; all lines but the first are indented.
std::string hex_lines(const std::vector<std::byte>& bytes, std::size_t indent) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0)
            text += i % 16 == 0 ? "\n" + std::string(indent, ' ') : " ";
        text += fmt::format("{:02x}", static_cast<unsigned>(bytes[i]));
    }
    return text;
}

// "Name or service not known (EAI_NONAME)"; only the reason if the code has no symbol.
std::string reason_and_symbol(const net::Error& error) {
    const std::string_view symbol = net::symbol(error.code);
    return symbol.empty() ? error.reason() : fmt::format("{} ({})", error.reason(), symbol);
}

// The explanation of an error, or else its symbol, or else the system's words.
std::string brief(const net::Error& error) {
    const std::string_view symbol = net::symbol(error.code);
    return !error.detail.empty() || symbol.empty() ? error.reason() : std::string(symbol);
}

// "NAME (confirmed)" or "NAME (not confirmed)", or why there is no name.
std::string to_text(const net::Result<probe::ReverseName>& reverse) {
    if (!reverse)
        return fmt::format("no name ({})", brief(reverse.error()));
    return fmt::format("{} ({})", net::escape(reverse->name),
                       reverse->confirmed ? "confirmed" : "not confirmed");
}

std::string to_text(const net::Result<net::Route>& route) {
    if (!route)
        return fmt::format("no route ({})", brief(route.error()));
    return fmt::format("from {} by {}", route->source.address(), route->device);
}

std::string to_text(const probe::ConnectTrial& trial, bool preferred) {
    const std::string time = net::format_approximately(trial.elapsed);
    if (trial.error)
        return fmt::format("failed in {}: {}", time, reason_and_symbol(*trial.error));
    return fmt::format("connected in {}{}", time, preferred ? ", Happy Eyeballs' choice" : "");
}

// What decided the place of an address in the answer, and what is special about the address.
std::vector<std::pair<std::string_view, std::string>> why_fields(const Lookup& lookup,
                                                                 std::size_t index) {
    std::vector<std::pair<std::string_view, std::string>> fields;
    if (index >= lookup.details.size() || !lookup.details[index].why)
        return fields;
    const net::Result<net::Placement>& why = *lookup.details[index].why;
    if (why) {
        const net::DestinationFacts& facts = why->facts;
        fields.emplace_back(
            "policy", fmt::format("scope {}, label {}, precedence {}", net::scope_name(facts.scope),
                                  facts.label, facts.precedence));
        fields.emplace_back(
            "source", why->source
                          ? fmt::format("{}: scope {}, label {}{}{}{}", why->source->address(),
                                        net::scope_name(facts.source_scope), facts.source_label,
                                        facts.deprecated ? ", deprecated" : "",
                                        facts.home ? ", home address" : "",
                                        facts.temporary ? ", temporary" : "")
                          : fmt::format("none ({})", brief(why->source.error())));
    }
    fields.emplace_back("why", why ? why->summary : why.error().reason());
    const std::string special = net::special_purpose(lookup.answer->addresses[index].endpoint);
    if (!special.empty())
        fields.emplace_back("special", special);
    return fields;
}

// The results of additional examinations, as names and values for the long format.
std::vector<std::pair<std::string_view, std::string>> detail_fields(const Lookup& lookup,
                                                                    std::size_t index) {
    std::vector<std::pair<std::string_view, std::string>> fields;
    if (index >= lookup.details.size())
        return fields;
    const probe::Detail& detail = lookup.details[index];
    if (detail.reverse)
        fields.emplace_back("name", to_text(*detail.reverse));
    if (detail.route)
        fields.emplace_back("route", to_text(*detail.route));
    if (detail.connect)
        fields.emplace_back("connect", to_text(*detail.connect, lookup.preferred == index));
    return fields;
}

std::string long_node(const ResolvedAddress& node, std::size_t number, std::string_view canonical) {
    constexpr std::size_t indent = 23;
    const std::string lead = fmt::format("  [{}]", number);
    std::string text;
    const auto field = [&](std::string_view name, std::string_view value) {
        text += fmt::format("{:<6}{:<14} = {}\n", text.empty() ? lead : "", name, value);
    };
    field("ai_flags", named_flags(node.flags));
    field("ai_family", named(node.family, net::address_family_symbol(node.family)));
    field("ai_socktype", named(node.socktype, net::socket_type_symbol(node.socktype)));
    field("ai_protocol", named(node.protocol, net::protocol_symbol(node.protocol)));
    field("ai_addrlen", std::to_string(node.sockaddr_bytes.size()));
    field("address", node.endpoint.to_string());
    if (node.endpoint.family() == net::Family::ipv6) {
        field("sin6_flowinfo", std::to_string(node.endpoint.flow_info()));
        field("sin6_scope_id", std::to_string(node.endpoint.scope_id()));
    }
    if (!canonical.empty())
        field("ai_canonname", net::escape(canonical));
    field("ai_addr", hex_lines(node.sockaddr_bytes, indent));
    return text;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

// The symbol, or the number if it has no symbol.
Json symbol_or_number(int number, std::string_view symbol) {
    return symbol.empty() ? Json(number) : Json(symbol);
}

Json flags_to_json(int flags) {
    Json list = Json::array();
    for (const std::string& symbol : net::flag_symbols(flags))
        list.push(symbol);
    return list;
}

Json to_json(const net::ResolveHints& hints) {
    const auto family = hints.family == AF_INET    ? net::Family::ipv4
                        : hints.family == AF_INET6 ? net::Family::ipv6
                                                   : net::Family::any;
    Json json = Json::object();
    json.set("flags", flags_to_json(hints.flags)).set("family", net::family_name(family));
    json.set("socktype",
             hints.socktype == 0
                 ? Json("any")
                 : symbol_or_number(hints.socktype, net::socket_type_symbol(hints.socktype)));
    json.set("protocol",
             hints.protocol == 0
                 ? Json("any")
                 : symbol_or_number(hints.protocol, net::protocol_symbol(hints.protocol)));
    return json;
}

std::string hex(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const std::byte byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

Json to_json(const net::Result<probe::ReverseName>& reverse) {
    Json json = Json::object();
    if (!reverse)
        return json.set("name", nullptr).set("error", to_json(reverse.error()));
    return json.set("name", reverse->name).set("confirmed", reverse->confirmed);
}

Json to_json(const net::Result<net::Route>& route) {
    Json json = Json::object();
    if (!route)
        return json.set("address", nullptr).set("error", to_json(route.error()));
    return json.set("address", route->source.address()).set("interface", route->device);
}

Json to_json(const probe::ConnectTrial& trial) {
    Json json = Json::object();
    json.set("connected", !trial.error).set("elapsed_ns", trial.elapsed.count());
    if (trial.error)
        json.set("error", to_json(*trial.error));
    return json;
}

// Facts about the source are null without one.
Json to_json(const net::Result<net::Placement>& why) {
    Json json = Json::object();
    if (!why)
        return json.set("rule", nullptr).set("summary", nullptr).set("error", to_json(why.error()));
    const net::DestinationFacts& facts = why->facts;
    const auto of_source = [&why](Json value) { return why->source ? std::move(value) : Json(); };
    return json.set("rule", why->rule)
        .set("summary", why->summary)
        .set("scope", facts.scope)
        .set("label", facts.label)
        .set("precedence", facts.precedence)
        .set("source", why->source ? Json(why->source->address()) : Json())
        .set("source_scope", of_source(facts.source_scope))
        .set("source_label", of_source(facts.source_label))
        .set("matching_bits", of_source(facts.matching_bits))
        .set("deprecated", of_source(facts.deprecated))
        .set("home", of_source(facts.home))
        .set("temporary", of_source(facts.temporary));
}

Json to_json(const net::ResolvedAddress& node, const probe::Detail& detail) {
    Json json = Json::object();
    json.set("flags", flags_to_json(node.flags))
        .set("family", net::family_name(node.endpoint.family()))
        .set("socktype", symbol_or_number(node.socktype, net::socket_type_symbol(node.socktype)))
        .set("protocol", symbol_or_number(node.protocol, net::protocol_symbol(node.protocol)))
        .set("address", node.endpoint.address())
        .set("port", node.endpoint.port())
        .set("scope_id", node.endpoint.scope_id())
        .set("flowinfo", node.endpoint.flow_info())
        .set("sockaddr_hex", hex(node.sockaddr_bytes));
    if (detail.reverse)
        json.set("reverse", to_json(*detail.reverse));
    if (detail.route)
        json.set("source", to_json(*detail.route));
    if (detail.connect)
        json.set("connect", to_json(*detail.connect));
    if (detail.why)
        json.set("why", to_json(*detail.why))
            .set("special", text_or_null(net::special_purpose(node.endpoint)));
    return json;
}

}  // namespace

std::string to_text(const Lookup& lookup, bool emphasis) {
    std::string text = heading(lookup, emphasis);
    if (!lookup.answer->canonical_name.empty())
        text += fmt::format("  Name: {}\n", net::escape(lookup.answer->canonical_name));
    for (std::size_t i = 0; i < lookup.answer->addresses.size(); ++i) {
        const net::Endpoint& endpoint = lookup.answer->addresses[i].endpoint;
        text += fmt::format("  {}: {}", net::family_name(endpoint.family()), endpoint.address());
        for (const auto& [name, value] : detail_fields(lookup, i))
            text += "  " + value;
        text += '\n';
        for (const auto& [name, value] : why_fields(lookup, i))
            text += fmt::format("        {:<7}  {}\n", name, value);
    }
    return text;
}

std::string to_short_text(const Lookup& lookup) {
    std::string text;
    for (const ResolvedAddress& node : lookup.answer->addresses)
        text += node.endpoint.address() + '\n';
    return text;
}

std::string to_long_text(const Lookup& lookup, bool emphasis) {
    std::string text = heading(lookup, emphasis);
    std::size_t number = 0;
    for (const ResolvedAddress& node : lookup.answer->addresses) {
        // getaddrinfo(3): only the first node has the canonical name.
        const bool first = number++ == 0;
        text += long_node(node, number, first ? lookup.answer->canonical_name : "");
        for (const auto& fields :
             {detail_fields(lookup, number - 1), why_fields(lookup, number - 1)})
            for (const auto& [name, value] : fields)
                text += fmt::format("      {:<14} = {}\n", name, value);
    }
    return text;
}

std::string showip_source_heading(const Lookup& lookup, bool emphasis) {
    return heading(lookup, emphasis);
}

std::string showip_source_line(const Lookup& lookup) {
    std::string answer;
    if (lookup.answer)
        for (const ResolvedAddress& node : lookup.answer->addresses)
            answer += (answer.empty() ? "" : ", ") + node.endpoint.address();
    else
        answer = reason_and_symbol(showip_failure(lookup));
    return fmt::format("  {}: {}, in {}\n", net::escape(lookup.question.source), answer,
                       net::format_approximately(lookup.elapsed));
}

std::string stats_to_text(const stats::Summary& times, std::uint64_t failures) {
    std::string text =
        fmt::format("{}, {} failed\n", report::counted(times.count, "lookup"), failures);
    if (times.count > 0)
        text += fmt::format(
            "time: p50 {}, p90 {}, p99 {}, max {}\n", net::format_approximately(*times.p50),
            net::format_approximately(*times.p90), net::format_approximately(*times.p99),
            net::format_approximately(*times.max));
    return text;
}

net::Error showip_failure(const Lookup& lookup) {
    net::Error error = lookup.answer.error();
    if (error.code.category() == net::resolver_category())
        error.detail = fmt::format("error {}: {}", error.code.value(),
                                   error.detail.empty() ? error.code.message() : error.detail);
    return error;
}

std::string to_json(const probe::Lookup& lookup) {
    const probe::Question& question = lookup.question;
    Json json = report::event("showip", "result", lookup.began);
    json.set("host", text_or_null(question.host)).set("service", text_or_null(question.service));
    if (!question.source.empty())
        json.set("source", question.source);
    if (!lookup.encoded_name.empty())
        json.set("encoded_name", lookup.encoded_name);
    json.set("canonical_name",
             lookup.answer ? text_or_null(lookup.answer->canonical_name) : Json());
    json.set("elapsed_ns", lookup.elapsed.count()).set("hints", to_json(question.hints));
    Json addresses = Json::array();
    for (std::size_t i = 0; lookup.answer && i < lookup.answer->addresses.size(); ++i)
        addresses.push(to_json(lookup.answer->addresses[i],
                               i < lookup.details.size() ? lookup.details[i] : probe::Detail()));
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
        json.set("error", to_json(lookup.answer.error()));
    return json.to_string() + '\n';
}

std::string stats_to_json(const stats::Summary& times, std::uint64_t failures) {
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

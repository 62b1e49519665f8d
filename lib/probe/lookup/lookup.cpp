// Times a lookup and points out oddities in its answer.
#include "probe/lookup/lookup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "net/host_encoding.h"
#include "net/name_sources.h"
#include "net/resolver.h"
#include "system/clock.h"
#include "system/hint.h"
#include "text/text.h"

namespace sockbox::probe {
namespace {

using net::Endpoint;
using net::escape;
using net::Hint;
using net::hint;
using net::ResolvedAddress;

bool beyond_ascii(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

// General advice for this failure; empty if there is none.
std::string hint_for(const std::error_code& code, const Question& question) {
    if (net::no_descriptor_left(code))
        return hint(Hint::no_lookup_made);
    if (code.category() != net::resolver_category())
        return {};
    switch (code.value()) {
        case EAI_AGAIN: return hint(Hint::try_again_later);
        case EAI_FAIL: return hint(Hint::servers_cannot_answer);
        case EAI_SERVICE: return hint(Hint::unknown_service);
        case EAI_SOCKTYPE: return hint(Hint::unknown_protocol);
#ifdef EAI_ADDRFAMILY
        case EAI_ADDRFAMILY: return hint(Hint::numeric_family);
#endif
#ifdef EAI_NODATA
        case EAI_NODATA: return hint(Hint::no_address_of_this_kind);
#endif
#ifdef EAI_IDN_ENCODE
        case EAI_IDN_ENCODE: return hint(Hint::locale_for_names);
#endif
        case EAI_NONAME: break;
        default: return {};
    }
    if ((question.hints.flags & AI_NUMERICHOST) != 0)
        return hint(Hint::numeric_only);
#ifdef AI_IDN
    if ((question.hints.flags & AI_IDN) != 0)
        return {};
#endif
    if (beyond_ascii(question.host))
        return hint(Hint::encode_name);
    return {};
}

bool is_classic_number(std::string_view part) {
    const bool hex = part.starts_with("0x") || part.starts_with("0X");
    if (hex)
        part.remove_prefix(2);
    const std::string_view digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    return (hex || !part.empty()) && part.find_first_not_of(digits) == part.npos;
}

// One to four numbers as inet_aton(3) accepts them: fewer parts than four, octal or hexadecimal.
bool is_classic_address(std::string_view text) {
    std::size_t parts = 1;
    for (std::size_t dot = 0; (dot = text.find('.')) != text.npos; ++parts) {
        if (!is_classic_number(text.substr(0, dot)))
            return false;
        text.remove_prefix(dot + 1);
    }
    return parts <= 4 && is_classic_number(text);
}

// A label that mixes scripts may only look like another one (UTS 39).
void remark_on_scripts(const Lookup& lookup, std::vector<std::string>& remarks) {
    for (const std::string_view label : net::split(lookup.question.host, ".")) {
        const std::vector<std::string_view> scripts = net::scripts_in(label);
        if (scripts.size() > 1)
            remarks.push_back(fmt::format("'{}' mixes letters of different scripts: {}",
                                          escape(label), fmt::join(scripts, ", ")));
    }
}

bool same_node(const ResolvedAddress& a, const ResolvedAddress& b) {
    return a.socktype == b.socktype && a.protocol == b.protocol && a.endpoint == b.endpoint;
}

void remark_on_reading(const Lookup& lookup, std::vector<std::string>& remarks) {
    const std::string& host = lookup.question.host;
    if (!is_classic_address(host) || Endpoint::parse(host) || lookup.answer->addresses.empty())
        return;
    const Endpoint read_as = lookup.answer->addresses.front().endpoint.unmapped();
    remarks.push_back(fmt::format("'{}' is read as {}", host, read_as.address()));
}

// The alias for a name in the file that HOSTALIASES names; empty if there is none.
std::string alias_of(const std::string& host) {
    const char* path = std::getenv("HOSTALIASES");
    if (path == nullptr || host.find_first_of(".:") != host.npos)
        return {};
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string name;
        std::string alias;
        if (words >> name >> alias && net::equal_ignoring_case(name, host))
            return alias;
    }
    return {};
}

// Whether the resolver may complete this name or replace it with another.
bool may_be_completed(const Question& question) {
    return !question.host.empty() && !question.host.ends_with('.') &&
           (question.hints.flags & AI_NUMERICHOST) == 0 && !Endpoint::parse(question.host);
}

// The resolver may look up another name instead: see resolv.conf(5) and hostname(7).
void remark_on_completion(const Lookup& lookup, std::vector<std::string>& remarks) {
    const std::string& host = lookup.question.host;
    if (may_be_completed(lookup.question) && lookup.resolved_as.starts_with(host + ".")) {
        const std::string domain = lookup.resolved_as.substr(host.size() + 1);
        const std::vector<std::string> searched = net::search_domains();
        const bool listed = std::find(searched.begin(), searched.end(), domain) != searched.end();
        remarks.push_back(fmt::format("'{}' was resolved as {}{}", escape(host),
                                      escape(lookup.resolved_as),
                                      listed ? ": its domain is in the search list" : ""));
    }
    const std::string alias = alias_of(host);
    if (!alias.empty())
        remarks.push_back(
            fmt::format("HOSTALIASES maps '{}' to {} in DNS lookups", escape(host), escape(alias)));
}

// As it was typed: the number or the name of an interface.
std::string zone_of(const Question& question, const Endpoint& endpoint) {
    const std::size_t percent = question.host.find('%');
    return percent == question.host.npos ? std::to_string(endpoint.scope_id())
                                         : escape(question.host.substr(percent + 1));
}

void remark_on_address(const Lookup& lookup, std::size_t index, std::vector<std::string>& remarks) {
    const std::vector<ResolvedAddress>& all = lookup.answer->addresses;
    const Endpoint& endpoint = all[index].endpoint;
    const bool asked_for_mapped = (lookup.question.hints.flags & AI_V4MAPPED) != 0;
    if (endpoint.is_v4_mapped() && !asked_for_mapped)
        remarks.push_back(fmt::format("{} is the IPv4 address {}, mapped into IPv6",
                                      endpoint.address(), endpoint.unmapped().address()));
    if (endpoint.scope_id() != 0 && !endpoint.uses_zone())
        remarks.push_back(fmt::format("{} uses no zone: the one given, %{}, has no effect",
                                      endpoint.address(), zone_of(lookup.question, endpoint)));
    if (const std::string hint = net::zone_hint(endpoint); !hint.empty())
        remarks.push_back(fmt::format("{}: {}", endpoint.address(), hint));
    const auto same = [&](const ResolvedAddress& other) { return same_node(other, all[index]); };
    const auto times = std::count_if(all.begin(), all.end(), same);
    const auto first = std::find_if(all.begin(), all.end(), same);
    if (times > 1 && first - all.begin() == static_cast<std::ptrdiff_t>(index))
        remarks.push_back(
            fmt::format("{} occurs in the answer {} times", endpoint.address(), times));
}

Lookup ask(Question question) {
    const bool nothing = question.host.empty() && question.service.empty();
    const auto start = net::Clock::now();
    auto answer = net::resolve(question.host, nothing ? "0" : question.service, question.hints);
    Lookup lookup{std::move(question), net::Clock::now() - start, std::move(answer), {}, {}};
    if (lookup.answer)
        lookup.resolved_as = lookup.answer->canonical_name;
    return lookup;
}

// The name of an address, confirmed by looking up the addresses of that name.
net::Result<ReverseName> reverse_of(const Endpoint& endpoint) {
    auto name = net::resolve_name(endpoint.unmapped());
    if (!name)
        return net::fail(name.error());
    // A name has neither the mapped form of an address nor its zone.
    const auto plain = [](const Endpoint& one) {
        return one.unmapped().without_zone().with_port(0);
    };
    const int family = net::native_family(plain(endpoint).family());
    const auto back = net::resolve(*name, {}, {0, family, 0, 0});
    const auto is_it = [&](const net::ResolvedAddress& address) {
        return plain(address.endpoint) == plain(endpoint);
    };
    const bool confirmed =
        back && std::any_of(back->addresses.begin(), back->addresses.end(), is_it);
    return ReverseName{std::move(*name), confirmed};
}

std::vector<Endpoint> distinct(const std::vector<net::ResolvedAddress>& addresses) {
    std::vector<Endpoint> endpoints;
    for (const net::ResolvedAddress& address : addresses)
        if (std::find(endpoints.begin(), endpoints.end(), address.endpoint) == endpoints.end())
            endpoints.push_back(address.endpoint);
    return endpoints;
}

// Applies `found` to the details of every entry with this endpoint.
void assign(Lookup& lookup, const Endpoint& endpoint, const auto& found) {
    for (std::size_t i = 0; i < lookup.details.size(); ++i)
        if (lookup.answer->addresses[i].endpoint == endpoint)
            found(lookup.details[i]);
}

void explain_places(Lookup& lookup) {
    std::vector<Endpoint> answer;
    for (const net::ResolvedAddress& address : lookup.answer->addresses)
        answer.push_back(address.endpoint);
    const auto places = net::explain_order(answer);
    for (std::size_t i = 0; i < answer.size(); ++i) {
        if (places)
            lookup.details[i].why = (*places)[i];
        else
            lookup.details[i].why = net::fail(places.error());
    }
}

void try_connecting(Lookup& lookup, const std::vector<Endpoint>& endpoints,
                    std::chrono::nanoseconds timeout) {
    const auto trials = connect_to_all(endpoints, timeout);
    for (std::size_t i = 0; i < endpoints.size(); ++i)
        assign(lookup, endpoints[i], [&](Detail& detail) { detail.connect = trials[i]; });
    const auto choice = happy_eyeballs_choice(endpoints, trials);
    for (std::size_t i = lookup.details.size(); choice && i-- > 0;)
        if (lookup.answer->addresses[i].endpoint == endpoints[*choice])
            lookup.preferred = i;
}

}  // namespace

Lookup look_up(Question question) {
    if (!question.source.empty())
        if (auto used = net::use_name_source(question.source); !used)
            return {std::move(question), {}, net::fail(used.error()), {}, {}};
    const auto began = std::chrono::system_clock::now();
    Lookup lookup = ask(std::move(question));
    lookup.began = began;
    if (beyond_ascii(lookup.question.host))
        lookup.encoded_name = net::encode_host(lookup.question.host).value_or(std::string());
    if (!lookup.answer) {
        net::Error error = lookup.answer.error();
        if (error.hint.empty())
            error.hint = hint_for(error.code, lookup.question);
        if (!lookup.encoded_name.empty())
            error.subject += fmt::format(" ({})", lookup.encoded_name);
        if (!lookup.question.source.empty() && error.code == std::errc::device_or_resource_busy)
            error.detail = "not installed";
        lookup.answer = net::fail(std::move(error));
    }
    return lookup;
}

bool needs_resolved_as(const Lookup& lookup) {
    static const bool searches = !net::search_domains().empty();
    const bool known = !lookup.resolved_as.empty() || !lookup.answer;
    const bool has_dot = lookup.question.host.find('.') != std::string::npos;
    return !known && may_be_completed(lookup.question) && (!has_dot || searches);
}

void find_resolved_as(Lookup& lookup) {
    const Question& question = lookup.question;
    net::ResolveHints hints = question.hints;
    hints.flags |= AI_CANONNAME;
    if (auto answer = net::resolve(question.host, question.service, hints))
        lookup.resolved_as = std::move(answer->canonical_name);
}

std::string subject_of(const Question& question) {
    return escape(question.host.empty() ? question.service : question.host);
}

std::vector<std::string> remarks_on(const Lookup& lookup) {
    std::vector<std::string> remarks;
    remark_on_scripts(lookup, remarks);
    if (!lookup.answer)
        return remarks;
    remark_on_reading(lookup, remarks);
    remark_on_completion(lookup, remarks);
    for (std::size_t i = 0; i < lookup.answer->addresses.size(); ++i)
        remark_on_address(lookup, i, remarks);
    return remarks;
}

void examine(Lookup& lookup, const Examination& examination, const ExamineStep& step) {
    const std::vector<Endpoint> endpoints = distinct(lookup.answer->addresses);
    lookup.details.resize(lookup.answer->addresses.size());
    if (examination.why)
        explain_places(lookup);
    for (const Endpoint& endpoint : endpoints) {
        if (examination.route) {
            const auto route = net::route_to(endpoint);
            assign(lookup, endpoint, [&](Detail& detail) { detail.route = route; });
        }
        if (!examination.reverse)
            continue;
        if (!step(false))
            return;
        const auto name = reverse_of(endpoint);
        assign(lookup, endpoint, [&](Detail& detail) { detail.reverse = name; });
    }
    if (examination.connect && step(true))
        try_connecting(lookup, endpoints, examination.connect_timeout);
}

bool satisfies(const Lookup& lookup, const Examination& examination) {
    return lookup.answer && (!examination.connect || lookup.preferred);
}

void give_up_details(Lookup& lookup, const Examination& examination, const net::Error& reason) {
    for (Detail& detail : lookup.details) {
        if (examination.route && !detail.route)
            detail.route = net::fail(reason);
        if (examination.reverse && !detail.reverse)
            detail.reverse = net::fail(reason);
        if (examination.connect && !detail.connect)
            detail.connect = ConnectTrial{{}, reason};
    }
}

}  // namespace sockbox::probe

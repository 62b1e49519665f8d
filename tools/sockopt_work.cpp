// Reading and setting, with what was before and what was granted.
#include "tools/sockopt_work.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace sockbox::tools {
namespace {

using net::Access;
using net::Option;
using net::OptionRow;
using net::OptionValue;

net::Result<OptionValue> read(const net::Socket& socket, const net::SocketKind& kind,
                              const Option& option) {
    auto value = read_option(socket, option);
    if (!value)
        return net::fail(explain_refusal(value.error(), option, kind));
    return value;
}

Outcome reading(const Option& option, net::Result<OptionValue> value) {
    return {option, std::move(value), false, {}, {}, {}, {}, false};
}

void tell_story(const net::Socket& socket, const net::SocketKind& kind, Outcome& outcome,
                const WorkOptions& options) {
    if (options.story && outcome.value)
        outcome.story = buffer_story(socket, kind, outcome.option, *outcome.value);
}

tl::unexpected<net::Error> not_read(std::string why) {
    return net::fail({{}, {}, {}, std::move(why), {}});
}

// What a dump says of an option without asking the system; none where it is to be asked.
std::optional<std::string> left_out(const OptionRow& row, const net::SocketKind& kind) {
    if (native_number(row) == net::absent)
        return fmt::format("not on this platform ({} only)", platforms(row));
    if (row.access == Access::write_only)
        return "write-only";
    if (row.access == Access::clears_on_read)
        return "not read: reading clears it";
    if (!applies(row, kind))
        return fmt::format("not supported by this socket ({})", describe(kind));
    return std::nullopt;
}

// SO_RCVBUFFORCE for SO_RCVBUF, and so on; the option itself where --force has no meaning.
Option forced(const Option& option, bool force) {
    const bool is_buffer = option.row().name == "SO_RCVBUF" || option.row().name == "SO_SNDBUF";
    if (!force || !is_buffer)
        return option;
    return Option::find(option.name() + "FORCE").value_or(option);
}

// Where the value of an option that cannot be read shows itself.
Option visible(const Option& option) {
    const std::string name = option.name();
    if (!name.ends_with("BUFFORCE"))
        return option;
    return Option::find(name.substr(0, name.size() - 5)).value_or(option);
}

// The values of a new socket of the same kind; no values where there can be none.
const std::vector<Outcome>& defaults_of(const net::SocketKind& kind) {
    static std::map<std::array<int, 3>, std::vector<Outcome>> known;
    const std::array<int, 3> key{kind.family, kind.type, kind.protocol};
    const auto found = known.find(key);
    if (found != known.end())
        return found->second;
    const auto fresh = net::Socket::open(kind.family, kind.type, kind.protocol);
    return known[key] = fresh ? dump(*fresh, kind, {}) : std::vector<Outcome>();
}

// What nobody set cannot differ from a default: states, counters and clocks.
bool is_setting(const OptionRow& row) {
    return row.access == Access::read_write && row.name != "TCP_TIMESTAMP" &&
           row.name != "SO_INCOMING_CPU";
}

bool has_default(const Outcome& outcome, const std::vector<Outcome>& defaults) {
    if (!is_setting(outcome.option.row()))
        return true;
    for (const Outcome& other : defaults)
        if (other.option.number() == outcome.option.number() &&
            other.option.level() == outcome.option.level())
            return other.value && *other.value == *outcome.value;
    return false;
}

void compare(std::vector<Outcome>& outcomes, const net::SocketKind& kind, bool only_others) {
    const std::vector<Outcome>& defaults = defaults_of(kind);
    for (Outcome& outcome : outcomes)
        outcome.is_default = outcome.value && has_default(outcome, defaults);
    if (only_others)
        std::erase_if(outcomes, [](const Outcome& outcome) { return outcome.is_default; });
}

}  // namespace

std::vector<Outcome> dump(const net::Socket& socket, const net::SocketKind& kind,
                          const WorkOptions& options) {
    std::vector<Outcome> outcomes;
    for (const OptionRow& row : net::all_options()) {
        const Option option(row);
        if (const auto why = left_out(row, kind)) {
            if (options.all)
                outcomes.push_back(reading(option, not_read(*why)));
            continue;
        }
        auto value = read(socket, kind, option);
        if (value || options.all)
            outcomes.push_back(reading(option, std::move(value)));
    }
    for (Outcome& outcome : outcomes)
        tell_story(socket, kind, outcome, options);
    if (options.diff || options.compare)
        compare(outcomes, kind, options.diff);
    return outcomes;
}

Outcome carry_out(net::Socket& socket, const net::SocketKind& kind, const Request& request,
                  const WorkOptions& options) {
    const Option& option = request.option;
    const Option shown = visible(option);
    const bool can_read = readable(shown.row()) || !shown.on_this_platform();
    auto before = can_read ? read(socket, kind, shown) : not_read("write-only");
    if (request.action == Request::Action::read) {
        Outcome outcome = reading(option, std::move(before));
        tell_story(socket, kind, outcome, options);
        return outcome;
    }
    net::Result<OptionValue> asked = request.value;
    if (request.action != Request::Action::set)
        asked = before ? computed_value(request, *before) : before;
    if (!asked)
        return reading(option, asked);
    if (const auto done = write_option(socket, forced(option, options.force), *asked); !done)
        return reading(option, net::fail(explain_refusal(done.error(), option, kind)));
    Outcome outcome = reading(option, not_read("write-only"));
    outcome.set = true;
    outcome.asked = *asked;
    if (before)
        outcome.before = *before;
    if (can_read)
        outcome.value = read(socket, kind, shown);
    if (outcome.value)
        outcome.grant = explain_grant(shown, *asked, *outcome.value);
    tell_story(socket, kind, outcome, options);
    return outcome;
}

}  // namespace sockbox::tools

// Reading and setting, with what was before and what was granted.
#include "tools/sockopt_work.h"

#include <fmt/format.h>

namespace sockbox::tools {
namespace {

using net::Option;
using net::OptionValue;
using net::SocketFacts;

net::Result<OptionValue> read(const net::Socket& socket, const SocketFacts& facts,
                              const Option& option) {
    auto value = read_option(socket, option);
    if (!value)
        return net::fail(explain_refusal(value.error(), option, facts.kind));
    return value;
}

tl::unexpected<net::Error> write_only() {
    return net::fail({{}, {}, {}, "write-only", {}});
}

// SO_RCVBUFFORCE for SO_RCVBUF, and so on; the option itself where --force has no meaning.
Option forced(const Option& option, bool force) {
    return force && is_buffer(option.row()) ? Option::find(option.name() + "FORCE").value_or(option)
                                            : option;
}

// Where the value of an option that cannot be read shows itself.
Option visible(const Option& option) {
    const std::string name = option.name();
    if (!name.ends_with("BUFFORCE"))
        return option;
    return Option::find(name.substr(0, name.size() - 5)).value_or(option);
}

Outcome outcome_of(const Option& option, net::Result<OptionValue> value, const SocketFacts& facts) {
    Outcome outcome{option, std::move(value), {}, {}};
    outcome.of_other_namespace = facts.other_namespace != 0;
    return outcome;
}

void tell_story(const net::Socket& socket, const SocketFacts& facts, Outcome& outcome,
                const WorkOptions& options) {
    if (options.story && outcome.value)
        outcome.story = buffer_story(socket, facts.kind, outcome.option, *outcome.value);
}

// The system's interface numbers are ours, not those of the socket's namespace.
bool means_other_interface(const Request& request, const SocketFacts& facts) {
    return facts.other_namespace != 0 && request.names_interface;
}

}  // namespace

Outcome carry_out(net::Socket& socket, const SocketFacts& facts, const Request& request,
                  const WorkOptions& options, const BeforeSet& before_set) {
    const Option& option = request.option;
    const Option shown = visible(option);
    const bool can_read = readable(shown.row()) || !shown.on_this_platform();
    auto before = can_read ? read(socket, facts, shown) : write_only();
    if (request.action == Request::Action::read) {
        Outcome outcome = outcome_of(option, std::move(before), facts);
        tell_story(socket, facts, outcome, options);
        return outcome;
    }
    net::Result<OptionValue> asked = request.value;
    if (request.action != Request::Action::set)
        asked = before ? computed_value(request, *before) : before;
    if (!asked)
        return outcome_of(option, asked, facts);
    if (means_other_interface(request, facts))
        return outcome_of(option,
                          net::fail({{},
                                     "set",
                                     option.name(),
                                     "the socket is in another network namespace, where interfaces "
                                     "have other numbers: use the number",
                                     {}}),
                          facts);
    Change change{*asked, before ? std::optional(*before) : std::nullopt, {}};
    if (const auto ready = before_set(option, change.before); !ready)
        return outcome_of(option, net::fail(ready.error()), facts);
    if (const auto done = write_option(socket, forced(option, options.force), *asked); !done)
        return outcome_of(option, net::fail(explain_refusal(done.error(), option, facts.kind)),
                          facts);
    Outcome outcome = outcome_of(option, write_only(), facts);
    if (can_read)
        outcome.value = read(socket, facts, shown);
    if (outcome.value)
        change.grant = explain_grant(shown, *asked, *outcome.value);
    outcome.change = std::move(change);
    tell_story(socket, facts, outcome, options);
    return outcome;
}

}  // namespace sockbox::tools

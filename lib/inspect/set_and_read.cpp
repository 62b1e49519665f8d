// Parses requests and carries them out: read, compute, set, read back.
#include "inspect/set_and_read.h"

#include <fmt/format.h>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

constexpr std::int64_t most = 0xffffffffLL;  // a larger factor would exceed any option's range

Result<Request> read_request(std::string_view name) {
    const auto option = Option::find(name);
    if (!option)
        return fail(option.error());
    // Reading an option that this platform does not have reports just that.
    if (readable(option->row()) || !option->on_this_platform())
        return Request{Request::Action::read, *option, {}, 0, false};
    if (option->row().access == Access::none)
        return fail_text(neither_read_nor_set(option->row()));
    const std::string_view full = option->row().name;
    std::string text = fmt::format("{} is write-only", full);
    if (full.ends_with("BUFFORCE"))
        text += fmt::format(", see {}", full.substr(0, full.size() - 5));
    return fail_text(text);
}

// A plain factor for `multiply`; an amount in the option's own unit for `add`.
Result<std::int64_t> parse_operand(Request::Action action, const OptionRow& row,
                                   std::string_view text) {
    return action == Request::Action::add ? parse_difference(row, text)
                                          : parse_integer(text, -most, most);
}

Result<Request> compute_request(Request::Action action, std::string_view name,
                                std::string_view operand) {
    const auto option = Option::find(name);
    if (!option)
        return fail(option.error());
    const OptionRow& row = option->row();
    if (!readable(row) || !writable(row))
        return fail_text(fmt::format("{} is {}", option->name(), access_name(row.access)));
    if (!numeric(row))
        return fail_text(fmt::format("{} is not a number and cannot be multiplied or increased",
                                     option->name()));
    const auto number = parse_operand(action, row, operand);
    if (!number)
        return fail_text(fmt::format("{}: {}", option->name(), number.error().message()));
    return Request{action, *option, {}, *number, false};
}

// A time in nanoseconds; nullopt if the value is neither a number nor a time.
std::optional<std::int64_t> number_of(const OptionValue& value) {
    if (const auto* time = std::get_if<std::chrono::nanoseconds>(&value))
        return time->count();
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? std::optional(*number) : std::nullopt;
}

// Nullopt on overflow.
std::optional<std::int64_t> computed(const Request& request, std::int64_t now) {
    std::int64_t result = 0;
    const bool overflow = request.action == Request::Action::multiply
                              ? __builtin_mul_overflow(now, request.operand, &result)
                              : __builtin_add_overflow(now, request.operand, &result);
    return overflow ? std::nullopt : std::optional(result);
}

// Whether the value names an interface that is resolved here. SO_BINDTODEVICE does not count: the
// kernel resolves its name itself.
bool names_interface(const OptionRow& row, std::string_view value) {
    const auto words = split(value, ",");
    const auto is_name = [&](std::size_t place) {
        return place < words.size() && !parse_integer(words[place], 0, INT_MAX);
    };
    switch (row.type) {
        case ValueType::interface_index:
        case ValueType::interface_index_be: return is_name(0);
        case ValueType::membership4:
        case ValueType::membership6:
        case ValueType::group:
        case ValueType::address6: return words.size() > 1;
        case ValueType::group_source: return words.size() > 2;
        case ValueType::structure:
            return row.members.front().form == MemberForm::interface_index && is_name(0);
        default: return false;
    }
}

Result<OptionValue> read(const Socket& socket, const SocketFacts& facts, const Option& option) {
    auto value = read_option(socket, option);
    if (!value)
        return fail(explain_refusal(value.error(), option, facts.kind));
    return value;
}

tl::unexpected<Error> write_only() {
    return fail({{}, {}, {}, "write-only", {}});
}

// SO_RCVBUFFORCE for SO_RCVBUF and SO_SNDBUFFORCE for SO_SNDBUF; any other option unchanged.
Option forced(const Option& option, bool force) {
    return force && is_buffer(option.row()) ? Option::find(option.name() + "FORCE").value_or(option)
                                            : option;
}

// The option to read back: SO_RCVBUF for the write-only SO_RCVBUFFORCE, likewise SO_SNDBUF.
Option visible(const Option& option) {
    const std::string_view name = option.row().name;
    if (!name.ends_with("BUFFORCE"))
        return option;
    return Option::find(name.substr(0, name.size() - 5)).value_or(option);
}

Outcome outcome_of(const Option& option, Result<OptionValue> value, const SocketFacts& facts) {
    Outcome outcome{option, std::move(value), {}, {}};
    outcome.of_other_namespace = facts.other_namespace != 0;
    return outcome;
}

void append_buffer_story(const Socket& socket, const SocketFacts& facts, Outcome& outcome,
                         const WorkOptions& options) {
    if (options.buffer_story && outcome.value)
        outcome.buffer_story = buffer_story(socket, facts.kind, outcome.option, *outcome.value);
}

// Whether the request has an interface name, resolved in our namespace, for a socket of another
// namespace, where interface indexes differ.
bool means_other_interface(const Request& request, const SocketFacts& facts) {
    return facts.other_namespace != 0 && request.names_interface;
}

}  // namespace

Result<Request> parse_request(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos)
        return read_request(text);
    const char before = equals > 0 ? text[equals - 1] : '\0';
    if (before == '*' || before == '+')
        return compute_request(before == '*' ? Request::Action::multiply : Request::Action::add,
                               text.substr(0, equals - 1), text.substr(equals + 1));
    auto setting = parse_setting(text);
    if (!setting)
        return fail(setting.error());
    return Request{Request::Action::set, setting->option, setting->value, 0,
                   names_interface(setting->option.row(), text.substr(equals + 1))};
}

Result<OptionValue> computed_value(const Request& request, const OptionValue& before) {
    const OptionRow& row = request.option.row();
    const auto now = number_of(before);
    const auto result = now ? computed(request, *now) : std::nullopt;
    auto value = result ? legal_value(row, *result) : std::nullopt;
    if (!value)
        return fail_text(fmt::format("{}: the result is out of range: expected {}",
                                     request.option.name(), legal_values(row)));
    return std::move(*value);
}

Outcome set_and_read(Socket& socket, const SocketFacts& facts, const Request& request,
                     const WorkOptions& options, const BeforeSet& before_set) {
    const Option& option = request.option;
    const Option shown = visible(option);
    const bool can_read = readable(shown.row()) || !shown.on_this_platform();
    auto before = can_read ? read(socket, facts, shown) : write_only();
    if (request.action == Request::Action::read) {
        Outcome outcome = outcome_of(option, std::move(before), facts);
        append_buffer_story(socket, facts, outcome, options);
        return outcome;
    }
    Result<OptionValue> asked = request.value;
    if (request.action != Request::Action::set)
        asked = before ? computed_value(request, *before) : before;
    if (!asked)
        return outcome_of(option, asked, facts);
    if (means_other_interface(request, facts))
        return outcome_of(option,
                          fail({{},
                                "set",
                                option.name(),
                                "the socket is in another network namespace, where "
                                "interfaces have other numbers: use the number",
                                {}}),
                          facts);
    Change change{*asked, before ? std::optional(*before) : std::nullopt, {}};
    if (const auto ready = before_set(option, change.before); !ready)
        return outcome_of(option, fail(ready.error()), facts);
    if (const auto done = write_option(socket, forced(option, options.force), *asked); !done)
        return outcome_of(option, fail(explain_refusal(done.error(), option, facts.kind)), facts);
    Outcome outcome = outcome_of(option, write_only(), facts);
    if (can_read)
        outcome.value = read(socket, facts, shown);
    if (outcome.value)
        change.grant = explain_grant(shown, *asked, *outcome.value);
    outcome.change = std::move(change);
    append_buffer_story(socket, facts, outcome, options);
    return outcome;
}

}  // namespace sockbox::net

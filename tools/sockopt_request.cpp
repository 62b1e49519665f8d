// The grammar of sockopt's operands.
#include "tools/sockopt_request.h"

#include <fmt/format.h>

#include "net/escape.h"
#include "net/units.h"

namespace sockbox::tools {
namespace {

constexpr std::int64_t most = 0xffffffffLL;  // no option holds a factor beyond it

net::Result<Request> read_request(std::string_view name) {
    const auto option = net::Option::find(name);
    if (!option)
        return net::fail(option.error());
    // What this platform does not have is told so when it is read.
    if (readable(option->row()) || !option->on_this_platform())
        return Request{Request::Action::read, *option, {}, 0, false};
    const std::string_view full = option->row().name;
    std::string text = fmt::format("{} is write-only", full);
    if (full.ends_with("BUFFORCE"))
        text += fmt::format(", see {}", full.substr(0, full.size() - 5));
    return net::fail_text(text);
}

// A number to multiply by; to add, what the option counts in.
net::Result<std::int64_t> parse_operand(Request::Action action, const net::OptionRow& row,
                                        std::string_view text) {
    return action == Request::Action::add ? net::parse_difference(row, text)
                                          : net::parse_integer(text, -most, most);
}

// What is to be computed from the present value.
net::Result<Request> compute_request(Request::Action action, std::string_view name,
                                     std::string_view operand) {
    // Any value of it will do to have the name, the platform and the access looked at.
    const auto option = net::Option::find(name);
    if (!option)
        return net::fail(option.error());
    const net::OptionRow& row = option->row();
    if (!readable(row) || !writable(row))
        return net::fail_text(fmt::format("{} is {}", option->name(), access_name(row.access)));
    if (!numeric(row))
        return net::fail_text(fmt::format(
            "{} is not a number and cannot be multiplied or increased", option->name()));
    const auto number = parse_operand(action, row, operand);
    if (!number)
        return net::fail_text(fmt::format("{}: {}", option->name(), number.error().message()));
    return Request{action, *option, {}, *number, false};
}

// A time counts in nanoseconds.
std::optional<std::int64_t> number_of(const net::OptionValue& value) {
    if (const auto* time = std::get_if<std::chrono::nanoseconds>(&value))
        return time->count();
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? std::optional(*number) : std::nullopt;
}

// None where it is beyond all numbers.
std::optional<std::int64_t> computed(const Request& request, std::int64_t now) {
    std::int64_t result = 0;
    const bool overflow = request.action == Request::Action::multiply
                              ? __builtin_mul_overflow(now, request.operand, &result)
                              : __builtin_add_overflow(now, request.operand, &result);
    return overflow ? std::nullopt : std::optional(result);
}

// Whether an interface stands there by its name; SO_BINDTODEVICE takes it to the kernel as it is.
bool names_interface(const net::OptionRow& row, std::string_view value) {
    const bool membership =
        row.type == net::ValueType::membership4 || row.type == net::ValueType::membership6;
    const bool index = row.type == net::ValueType::interface_index ||
                       row.type == net::ValueType::interface_index_be;
    if (membership)
        return value.find(',') != value.npos;
    return index && !net::parse_integer(value, 0, INT_MAX);
}

}  // namespace

net::Result<Request> parse_request(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos)
        return read_request(text);
    const char before = equals > 0 ? text[equals - 1] : '\0';
    if (before == '*' || before == '+')
        return compute_request(before == '*' ? Request::Action::multiply : Request::Action::add,
                               text.substr(0, equals - 1), text.substr(equals + 1));
    auto setting = net::parse_setting(text);
    if (!setting)
        return net::fail(setting.error());
    return Request{Request::Action::set, setting->option, setting->value, 0,
                   names_interface(setting->option.row(), text.substr(equals + 1))};
}

net::Result<net::OptionValue> computed_value(const Request& request,
                                             const net::OptionValue& before) {
    const net::OptionRow& row = request.option.row();
    const auto now = number_of(before);
    const auto result = now ? computed(request, *now) : std::nullopt;
    auto value = result ? legal_value(row, *result) : std::nullopt;
    if (!value)
        return net::fail_text(fmt::format("{}: the result is out of range: expected {}",
                                          request.option.name(), legal_values(row)));
    return std::move(*value);
}

}  // namespace sockbox::tools

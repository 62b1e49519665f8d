// Finding options by name, and getsockopt and setsockopt for any of them.
#include "net/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/escape.h"
#include "net/option_codec.h"
#include "net/option_name.h"
#include "net/text.h"
#include "net/units.h"

namespace sockbox::net {
namespace {

// What LEVEL:NUMBER has for a row.
OptionRow unnamed_row(int number) {
    OptionRow row;
    row.range.high = 0xffffffffLL;  // signed or not is anyone's guess
    row.on_linux = number;
    row.on_windows = number;
    return row;
}

// setsockopt takes the reason of its failure from the kind of socket as often as from the value.
std::string privilege_hint(const OptionRow& row, const std::error_code& code) {
    const bool refused =
        code == std::errc::operation_not_permitted || code == std::errc::permission_denied;
    return refused && !row.privilege.empty() ? fmt::format("setting it needs {}", row.privilege)
                                             : std::string();
}

tl::unexpected<Error> not_here(const Option& option) {
    return fail({std::make_error_code(std::errc::not_supported),
                 option.name(),
                 {},
                 fmt::format("not on this platform ({} only)", platforms(option.row())),
                 {}});
}

Result<OptionValue> parse_unnamed(const OptionRow& row, std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X"))
        return parse_value(row, text);
    const auto bytes = parse_hex(text);
    return bytes ? Result<OptionValue>(*bytes) : fail(bytes.error());
}

}  // namespace

Option::Option(int level, int number) noexcept : row_(unnamed_row(number)), level_(level) {}

Result<Option> Option::find(std::string_view name) {
    if (const auto numbers = parse_level_and_number(name))
        return Option(numbers->level, numbers->number);
    const auto row = find_row(name);
    if (!row)
        return fail(row.error());
    return Option(**row);
}

std::string Option::name() const {
    if (!row_.name.empty())
        return std::string(row_.name);
    return fmt::format("{}:{}", level_, number());
}

Result<OptionValue> read_option(const Socket& socket, const Option& option) {
    if (!option.on_this_platform())
        return not_here(option);
    std::array<std::byte, 4096> buffer{};
    auto length = static_cast<SocketLength>(
        option.row().name.empty() ? buffer.size() : read_capacity(option.row()));
    if (::getsockopt(socket.native(), option.level(), option.number(),
                     static_cast<char*>(static_cast<void*>(buffer.data())), &length) != 0)
        return fail_last("read " + option.name());
    return decode(option.row(), std::span(buffer).first(static_cast<std::size_t>(length)));
}

Status write_option(Socket& socket, const Option& option, const OptionValue& value) {
    if (!option.on_this_platform())
        return not_here(option);
    const auto bytes = encode(option.row(), value);
    if (!bytes)
        return fail(bytes.error());
    if (::setsockopt(socket.native(), option.level(), option.number(),
                     static_cast<const char*>(static_cast<const void*>(bytes->data())),
                     static_cast<SocketLength>(bytes->size())) == 0)
        return {};
    Error error =
        fail_last("set", fmt::format("{}={}", option.name(), format_value(option.row(), value)))
            .value();
    error.hint = privilege_hint(option.row(), error.code);
    return fail(std::move(error));
}

Result<Setting> parse_setting(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos)
        return fail_text(fmt::format("'{}' is not NAME=VALUE", escape(text)));
    const auto option = Option::find(text.substr(0, equals));
    if (!option)
        return fail(option.error());
    const OptionRow& row = option->row();
    if (!option->on_this_platform())
        return not_here(*option);
    if (!writable(row))
        return fail_text(fmt::format("{} is read-only", row.name));
    const std::string_view written = text.substr(equals + 1);
    const auto value = row.name.empty() ? parse_unnamed(row, written) : parse_value(row, written);
    if (!value)
        return fail(value.error());
    return Setting{*option, *value};
}

Status apply(Socket& socket, const Setting& setting) {
    return write_option(socket, setting.option, setting.value);
}

}  // namespace sockbox::net

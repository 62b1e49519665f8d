// Finds options by name, and reads and sets any of them by getsockopt(2) and setsockopt(2).
#include "option/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "option/codec.h"
#include "option/grant.h"
#include "option/packet_filter.h"
#include "option/table.h"
#include "system/hint.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

// The row of an option given as LEVEL:NUMBER. Whether its value is signed is not known, so the
// range covers both.
constexpr OptionRow unnamed_row{.range = {INT_MIN, 0xffffffffLL}};

// The required privilege, if the code means that permission was refused.
std::string privilege_hint(const OptionRow& row, const std::error_code& code) {
    return is_not_permitted(code) && !row.privilege.empty()
               ? hint(Hint::privileged_option, {row.privilege})
               : std::string();
}

tl::unexpected<Error> not_here(const Option& option) {
    return fail({std::make_error_code(std::errc::not_supported),
                 option.name(),
                 {},
                 fmt::format("not supported on this platform ({} only)", platforms(option.row())),
                 {}});
}

// SO_GET_FILTER counts in instructions, not bytes, and never returns part of a program: with a
// count of 0 the kernel returns the number of instructions, which then must fit. For an eBPF
// program it fails with EACCES.
tl::expected<OptionValue, std::error_code> read_filter(const Socket& socket, const Option& option) {
    Bytes program;
    const auto ask = [&](SocketLength& count) {
        return ::getsockopt(socket.native(), option.level(), option.number(),
                            static_cast<char*>(static_cast<void*>(program.data())), &count) == 0;
    };
    SocketLength count = 0;
    if (!ask(count)) {
        if (platform::last_error() == std::errc::permission_denied)
            return OptionValue(std::string("an eBPF program"));  // which cannot be read back
        return tl::unexpected(platform::last_error());
    }
    program.resize(static_cast<std::size_t>(count) * sizeof(FilterInstruction));
    if (count > 0 && !ask(count))
        return tl::unexpected(platform::last_error());
    // Meanwhile its owner may have replaced the program by a shorter one.
    program.resize(static_cast<std::size_t>(count) * sizeof(FilterInstruction));
    return OptionValue(std::move(program));
}

bool detaches_filter(const Option& option, const OptionValue& value) {
    const auto* program = std::get_if<Bytes>(&value);
    return option.row().type == ValueType::filter && program != nullptr && program->empty();
}

// An empty program detaches the filter, for which the kernel has separate options.
int number_to_set(const Option& option, const OptionValue& value) {
    if (!detaches_filter(option, value))
        return option.number();
    const bool of_group = option.row().name == "SO_ATTACH_REUSEPORT_CBPF";
    return Option::find(of_group ? "SO_DETACH_REUSEPORT_BPF" : "SO_DETACH_FILTER").value().number();
}

// The group of a membership of either family determines its level.
int level_to_set(const Option& option, const OptionValue& value) {
    const ValueType type = option.row().type;
    const auto* text = std::get_if<std::string>(&value);
    const bool either = type == ValueType::group || type == ValueType::group_source;
    const bool ipv6 = either && text != nullptr && text->find(':') < text->find(',');
    return ipv6 ? native_level(OptionLevel::ipv6) : option.level();
}

// The length of what getsockopt(2) wrote into the buffer, of which it may use `capacity` bytes.
tl::expected<std::size_t, std::error_code> read_into(const Socket& socket, const Option& option,
                                                     OptionBuffer& buffer, std::size_t capacity) {
    auto length = static_cast<SocketLength>(capacity);
    if (::getsockopt(socket.native(), option.level(), option.number(),
                     static_cast<char*>(static_cast<void*>(buffer.data())), &length) != 0)
        return tl::unexpected(platform::last_error());
    // NETLINK_LIST_MEMBERSHIPS returns the length that it would need.
    return std::min(static_cast<std::size_t>(length), capacity);
}

// The value of an option that is given by its numbers: bytes if it is written in hexadecimal.
Result<OptionValue> parse_numbered(const OptionRow& row, std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (!hexadecimal || row.type == ValueType::filter)
        return parse_value(row, text);
    const auto bytes = parse_hex(text);
    return bytes ? Result<OptionValue>(*bytes) : fail(bytes.error());
}

}  // namespace

Option::Option(int level, int number) noexcept
    : row_(&unnamed_row), level_(level), number_(number) {}

Result<Option> Option::find(std::string_view name) {
    if (const auto numbers = parse_level_and_number(name)) {
        const OptionRow* row = row_numbered(*numbers);
        return row != nullptr ? Option(*row) : Option(numbers->level, numbers->number);
    }
    const auto row = find_row(name);
    if (!row)
        return fail(row.error());
    return Option(**row);
}

std::string Option::name() const {
    if (!row_->name.empty())
        return std::string(row_->name);
    return fmt::format("{}:{}", level_, number());
}

tl::expected<std::span<const std::byte>, std::error_code> read_bytes(const Socket& socket,
                                                                     const Option& option,
                                                                     OptionBuffer& buffer) {
    const bool known = !option.row().name.empty();
    const std::size_t capacity = known ? read_capacity(option.row()) : buffer.size();
    // Windows writes only one byte of some flags. For some options the kernel reads the buffer:
    // which association is meant or, of what is given by its numbers only, how many entries it may
    // write, and where. With zeros it writes nothing beyond the buffer.
    constexpr std::size_t longest_request = 256;
    std::fill_n(buffer.begin(), known ? std::min(capacity, longest_request) : capacity,
                std::byte{0});
    fill_presets(option.row(), buffer);
    auto length = read_into(socket, option, buffer, capacity);
    // SO_PEERNAME fails if there is room for more than the address.
    const bool cut_short = length && option.row().type == ValueType::endpoint &&
                           *length < sizeof(sockaddr_in6) &&
                           from_bytes<sockaddr_in>(buffer).sin_family == AF_INET6;
    if (cut_short)
        length = read_into(socket, option, buffer, sizeof(sockaddr_in6));
    if (!length)
        return tl::unexpected(length.error());
    return std::span<const std::byte>(buffer).first(*length);
}

tl::expected<OptionValue, std::error_code> try_read(const Socket& socket, const Option& option) {
    if (!option.on_this_platform())
        return tl::unexpected(std::make_error_code(std::errc::not_supported));
    if (option.row().type == ValueType::filter)
        return read_filter(socket, option);
    OptionBuffer buffer;
    const auto bytes = read_bytes(socket, option, buffer);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return decode(option.row(), *bytes);
}

std::string neither_read_nor_set(const OptionRow& row) {
    return fmt::format("{} can be neither read nor set: {}", row.name, row.summary);
}

Result<OptionValue> read_option(const Socket& socket, const Option& option) {
    if (!option.on_this_platform())
        return not_here(option);
    auto value = try_read(socket, option);
    if (!value)
        return fail({value.error(), "read " + option.name(), {}, {}, {}});
    return std::move(*value);
}

Status write_option(Socket& socket, const Option& option, const OptionValue& value) {
    if (!option.on_this_platform())
        return not_here(option);
    const auto bytes = encode(option.row(), value);
    if (!bytes)
        return fail(bytes.error());
    if (::setsockopt(socket.native(), level_to_set(option, value), number_to_set(option, value),
                     static_cast<const char*>(static_cast<const void*>(bytes->data())),
                     static_cast<SocketLength>(bytes->size())) == 0)
        return {};
    // The kernel fails with ENOENT if there is no filter to detach, which is what was requested.
    if (detaches_filter(option, value) &&
        platform::last_error() == std::errc::no_such_file_or_directory)
        return {};
    Error error =
        fail_last("set", fmt::format("{}={}", option.name(), to_text(option.row(), value))).value();
    error.hint = privilege_hint(option.row(), error.code);
    return fail(std::move(error));
}

Result<Setting> parse_setting(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == text.npos)
        return fail_text(fmt::format("'{}' is not NAME=VALUE", escape(text)));
    const std::string_view name = text.substr(0, equals);
    const auto option = Option::find(name);
    if (!option)
        return fail(option.error());
    const OptionRow& row = option->row();
    if (!option->on_this_platform())
        return not_here(*option);
    if (row.access == Access::none)
        return fail_text(neither_read_nor_set(row));
    if (!writable(row))
        return fail_text(fmt::format("{} is read-only", row.name));
    const std::string_view written = text.substr(equals + 1);
    const auto value =
        parse_level_and_number(name) ? parse_numbered(row, written) : parse_value(row, written);
    if (value)
        return Setting{*option, *value};
    Error error = value.error();
    error.action = option->name();
    return fail(std::move(error));
}

Status apply(Socket& socket, const Setting& setting) {
    auto done = write_option(socket, setting.option, setting.value);
    const auto kind = done ? fail_text("") : kind_of(socket);
    if (kind)
        return fail(explain_refusal(done.error(), setting.option, *kind));
    return done;
}

}  // namespace sockbox::net

// Socket options by name: finding, reading and setting them.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/socket.h"
#include "option/table.h"
#include "option/value.h"

namespace sockbox::net {

// A socket option: a row of the table, or a level and number for which the table has no row.
//
//     const auto option = Option::find("rcvbuf");
//     if (!option)
//         return fail(option.error());  // suggests similar names
//     if (auto done = write_option(socket, *option, std::int64_t{65536}); !done)
//         return done;
//     if (const auto value = read_option(socket, *option))
//         fmt::print("{} = {}\n", option->name(), to_text(option->row(), *value));
class Option {
  public:
    // Finds an option by name in upper or lower case, without its prefix if that is unambiguous
    // ("SO_RCVBUF", "rcvbuf"), or by LEVEL:NUMBER ("6:18", "SOL_TCP:18"), which has no row only if
    // the table has none for these numbers. Options of other platforms are found, too: see
    // on_this_platform(). Fails with suggestions if the name is unknown.
    static Result<Option> find(std::string_view name);

    // `row` must outlive this object, as those of all_options() do.
    explicit Option(const OptionRow& row) noexcept
        : row_(&row), level_(native_level(row.level)), number_(native_number(row)) {}

    // "SO_RCVBUF", or "6:99" without a row.
    std::string name() const;
    const OptionRow& row() const noexcept { return *row_; }
    int level() const noexcept { return level_; }
    int number() const noexcept { return number_; }
    bool on_this_platform() const noexcept { return number_ != absent; }

  private:
    Option(int level, int number) noexcept;

    const OptionRow* row_;
    int level_;
    int number_;
};

// Reads an option by getsockopt(2). This changes the socket if the option is cleared by reading
// (Access::clears_on_read), such as SO_ERROR. Fails with std::errc::not_supported if this platform
// has no such option. An eBPF filter cannot be read back: its value is the text "an eBPF program".
Result<OptionValue> read_option(const Socket& socket, const Option& option);

// Why an option of Access::none is not read and not set, as an error message: what it is instead.
std::string neither_read_nor_set(const OptionRow& row);

// The same as read_option(), but a failure is only a code, so that nothing but the value allocates
// memory: for callers that read many options.
tl::expected<OptionValue, std::error_code> try_read(const Socket& socket, const Option& option);

// The value of an option that is found by its name; nullopt if the platform or the socket does not
// have it, or if its value is of another type.
template <class Value>
std::optional<Value> read_named(const Socket& socket, std::string_view name) {
    const auto option = Option::find(name);
    const auto value = option ? try_read(socket, *option) : tl::unexpected(std::error_code());
    const auto* typed = value ? std::get_if<Value>(&*value) : nullptr;
    return typed != nullptr ? std::optional(*typed) : std::nullopt;
}

// Reads the bytes of an option into `buffer`, for decode(): for callers that read the same option
// of many sockets and cache the decoded values. The option must exist on this platform and must not
// be a filter.
inline constexpr std::size_t largest_option = 4096;
using OptionBuffer = std::array<std::byte, largest_option>;
tl::expected<std::span<const std::byte>, std::error_code> read_bytes(const Socket& socket,
                                                                     const Option& option,
                                                                     OptionBuffer& buffer);

// Sets an option by setsockopt(2). The system may grant another value: see explain_grant(). An
// empty program for a filter option detaches the filter. Fails with std::errc::not_supported if
// this platform has no such option, and if the system refuses; if permission is refused, `hint`
// names the required privilege.
Status write_option(Socket& socket, const Option& option, const OptionValue& value);

// An option and the value to set, from NAME=VALUE.
struct Setting {
    Option option;      // to set
    OptionValue value;  // of the type that parse_value() returns for the option
};

// Parses NAME=VALUE; see Option::find() and parse_value(). Fails on every mistake that can be found
// without a socket: syntax, unknown name, value out of range, read-only option, and an option that
// this platform does not have.
//
//     const auto setting = parse_setting("SO_RCVBUF=1M");
//     if (!setting)
//         return fail(setting.error());
//     if (auto done = apply(socket, *setting); !done)
//         return done;
//     if (const auto limited = limited_grant(socket, *setting))
//         fmt::print(stderr, "{}\n", limited->reason);
Result<Setting> parse_setting(std::string_view text);

// Sets an option by write_option(). A failure is explained for the kind of socket
// (explain_refusal()).
Status apply(Socket& socket, const Setting& setting);

}  // namespace sockbox::net

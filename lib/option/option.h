// Socket options by name: finding them, reading and setting them on a socket.
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

// An option as a user named it: a row of the table, or LEVEL:NUMBER of one that has no row.
class Option {
  public:
    // Any case, the prefix left out where that is unambiguous ("rcvbuf"), or "6:18",
    // "SOL_TCP:18". Fails with suggestions for near misses.
    static Result<Option> find(std::string_view name);

    // `row` is one of all_options(), or outlives this object.
    explicit Option(const OptionRow& row) noexcept
        : row_(&row), level_(native_level(row.level)), number_(native_number(row)) {}

    // As the headers spell it, or "6:18".
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

// getsockopt. Does not keep from reading what clears on read: see Access. Fails with
// std::errc::not_supported where this platform has no such option.
Result<OptionValue> read_option(const Socket& socket, const Option& option);

// The same without words for a failure, for who reads many: only the value allocates.
tl::expected<OptionValue, std::error_code> try_read(const Socket& socket, const Option& option);

// The bytes of it as the system gives them, in `buffer`, for decode(): for who reads the same of
// many sockets and keeps what it made of them. Not for filters.
inline constexpr std::size_t largest_option = 4096;
using OptionBuffer = std::array<std::byte, largest_option>;
tl::expected<std::span<const std::byte>, std::error_code> read_bytes(const Socket& socket,
                                                                     const Option& option,
                                                                     OptionBuffer& buffer);

// setsockopt.
Status write_option(Socket& socket, const Option& option, const OptionValue& value);

// One NAME=VALUE of a command line.
struct Setting {
    Option option;
    OptionValue value;
};

// All that can be known to be wrong without a socket is refused here: the grammar, the name, the
// range, what cannot be set, what this platform does not have.
Result<Setting> parse_setting(std::string_view text);

// Fails with the option's name and value in the words, and what privilege it takes where that was
// the reason.
Status apply(Socket& socket, const Setting& setting);

}  // namespace sockbox::net

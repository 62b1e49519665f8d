// Conversion between option values and the bytes that getsockopt(2) and setsockopt(2) use.
#pragma once

#include <chrono>
#include <span>

#include "net/object_bytes.h"
#include "option/value.h"

namespace sockbox::net {

// The resolution and the maximum of ValueType::duration on this platform.
extern const std::chrono::nanoseconds time_resolution;
extern const std::chrono::nanoseconds longest_time;

// The buffer size in bytes to pass to getsockopt(2) for this option, at most largest_option.
std::size_t read_capacity(const OptionRow& row) noexcept;

// Puts into the buffer, which is zero otherwise, what the system must find there to return the
// value.
void fill_presets(const OptionRow& row, std::span<std::byte> buffer) noexcept;

// The bytes to pass to setsockopt(2). For a filter they contain a pointer into `value`, which must
// outlive them. Fails if an interface named in the value does not exist. `value` must be of the
// type that parse_value() or decode() returns for this row.
Result<Bytes> encode(const OptionRow& row, const OptionValue& value);

// The value of the bytes that getsockopt(2) returned. If their length is unexpected, they are
// returned as Bytes.
OptionValue decode(const OptionRow& row, std::span<const std::byte> bytes);

// The index of the interface at `place` among the words of a membership; 0 if there is none. Fails
// if the interface does not exist.
Result<std::uint32_t> interface_at(const std::vector<std::string_view>& words, std::size_t place);

// The platform's part of encode() and decode(); codec.cpp has the rest.
Result<Bytes> encode_native(const OptionRow& row, const OptionValue& value);
OptionValue decode_native(const OptionRow& row, std::span<const std::byte> bytes);

}  // namespace sockbox::net

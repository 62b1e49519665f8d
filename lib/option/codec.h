// Option values as the system's bytes.
#pragma once

#include <algorithm>
#include <chrono>
#include <span>

#include "option/value.h"

namespace sockbox::net {

// The steps of a time that the system takes, and the longest.
extern const std::chrono::nanoseconds time_resolution;
extern const std::chrono::nanoseconds longest_time;

// How many bytes to offer when an option of that type is read.
std::size_t read_capacity(const OptionRow& row) noexcept;

// What setsockopt takes; it may point into `value`, which has to stay. Fails where an interface or
// an address of the value does not exist here.
Result<Bytes> encode(const OptionRow& row, const OptionValue& value);

// What getsockopt gave. Bytes of an unexpected length are returned as they are.
OptionValue decode(const OptionRow& row, std::span<const std::byte> bytes);

// The part of both that depends on the system; option_codec.cpp has the rest.
Result<Bytes> encode_native(const OptionRow& row, const OptionValue& value);
OptionValue decode_native(const OptionRow& row, std::span<const std::byte> bytes);

// An object of the system as bytes, and back; `bytes` may be shorter or longer than it.
template <class Object>
Bytes to_bytes(const Object& object) {
    const auto* first = static_cast<const std::byte*>(static_cast<const void*>(&object));
    return {first, first + sizeof object};
}
template <class Object>
Object from_bytes(std::span<const std::byte> bytes) {
    Object object{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), sizeof object),
                static_cast<std::byte*>(static_cast<void*>(&object)));
    return object;
}

}  // namespace sockbox::net

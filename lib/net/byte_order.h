// Numbers in network byte order, at an offset of a packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sockbox::net {

// Reads a number of the size of Value at this offset; the bytes must have it.
template <class Value>
Value read_at(std::span<const std::byte> bytes, std::size_t at) {
    Value value = 0;
    for (const std::byte byte : bytes.subspan(at, sizeof(Value)))
        value = static_cast<Value>(value << 8 | std::to_integer<Value>(byte));
    return value;
}

// Writes a number at this offset; the bytes must have room for it.
template <class Value>
void write_at(std::span<std::byte> bytes, std::size_t at, Value value) {
    for (std::size_t i = sizeof(Value); i-- > 0; value = static_cast<Value>(value >> 8))
        bytes[at + i] = static_cast<std::byte>(value & 0xff);
}

// A single byte, likewise.
template <>
inline void write_at(std::span<std::byte> bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = static_cast<std::byte>(value);
}
template <>
inline std::uint8_t read_at(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

}  // namespace sockbox::net

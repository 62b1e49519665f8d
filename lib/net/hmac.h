// HMAC-SHA-256 truncated to 128 bits (RFC 4868), which authenticates STAMP packets.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// The bytes of a digest.
inline constexpr std::size_t digest_bytes = 16;
// A truncated HMAC-SHA-256.
using Digest = std::array<std::byte, digest_bytes>;

// The key in the content of a key file: all of it but a newline at its end, or the bytes that hex
// digits after "hex:" stand for. Fails, without quoting any of it, if it is empty, longer than
// max_key_bytes, or not made of pairs of digits.
inline constexpr std::size_t max_key_bytes = 1024;
Result<std::vector<std::byte>> parse_key(std::string_view content);

// A secret key, of which copies share the memory. The memory is overwritten when the last one ends.
// Immutable, so any thread may use it.
class HmacKey {
  public:
    // Fails with std::errc::not_supported on Windows.
    static Result<HmacKey> create(std::span<const std::byte> key);

    // Reads a key file; blocks for a FIFO. Fails if other users than its owner and group have
    // access to the file, if parse_key() fails, and on Windows.
    static Result<HmacKey> read(const std::string& path);

    // The digest of both parts, one after the other.
    Digest digest(std::span<const std::byte> first,
                  std::span<const std::byte> second = {}) const noexcept;

    // Whether `claimed` is that digest; takes the same time wherever they differ.
    bool verifies(std::span<const std::byte> claimed, std::span<const std::byte> first,
                  std::span<const std::byte> second = {}) const noexcept;

  private:
    struct State;
    explicit HmacKey(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

}  // namespace sockbox::net

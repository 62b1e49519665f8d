// The messages of measuring clients: pseudo-random bytes that differ between nearby messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockbox::probe {

// A block of pseudo-random bytes. Each message is a slice of it at another offset, so messages need
// not be generated or stored for comparison. Immutable, so any thread may use it.
class Payload {
  public:
    explicit Payload(std::size_t size);

    std::size_t size() const noexcept { return size_; }
    std::span<const std::byte> message(std::uint64_t sequence) const noexcept;

  private:
    std::size_t size_;
    std::vector<std::byte> noise_;
};

}  // namespace sockbox::probe

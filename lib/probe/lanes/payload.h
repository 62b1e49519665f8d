// What measuring clients send: noise in which no two messages near each other are alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockbox::probe {

// One block of noise; each message is a piece of it that begins elsewhere, so messages need neither
// be generated nor kept to be compared. Shared by threads without a lock.
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

// Generates the block of pseudo-random bytes.
#include "probe/lanes/payload.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t starts = 4093;  // prime; messages repeat with this period

}  // namespace

Payload::Payload(std::size_t size) : size_(size), noise_(size + starts) {
    std::uint64_t state = 0x9e3779b97f4a7c15;
    for (std::byte& byte : noise_) {
        // A linear congruential generator: its high bits are random enough for this.
        state = state * 6364136223846793005 + 1442695040888963407;
        byte = static_cast<std::byte>(state >> 56);
    }
}

std::span<const std::byte> Payload::message(std::uint64_t sequence) const noexcept {
    return std::span(noise_).subspan(sequence * 61 % starts, size_);
}

}  // namespace sockbox::probe

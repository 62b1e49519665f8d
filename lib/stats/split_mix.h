// SplitMix64: mixing a number's bits, and pseudo-random numbers that a seed repeats.
#pragma once

#include <cstdint>

namespace sockbox::stats {

// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every input bit affects every output
// bit.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

// The generator: the same seed gives the same numbers on every system. Not for secrets, and not
// synchronized.
class SplitMix {
  public:
    // Any seed is as good as another.
    explicit constexpr SplitMix(std::uint64_t seed) noexcept : state_(seed) {}
    // The next 64 pseudo-random bits.
    constexpr std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15); }

  private:
    std::uint64_t state_;
};

}  // namespace sockbox::stats

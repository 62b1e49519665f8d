// Counts of the ECN bits with which datagrams arrived (RFC 3168).
#pragma once

#include <array>
#include <cstdint>
#include <numeric>

namespace sockbox::stats {

// Not synchronized; merge() combines the counts of several threads.
struct EcnCounts {
    // The values of the two bits (RFC 3168, section 5).
    enum Bits : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

    std::array<std::uint64_t, 4> of{};  // by the value of the two bits

    // Counts the bits of a traffic class, or adds the counts of another thread.
    void record(std::uint8_t traffic_class) noexcept { ++of[traffic_class & 0x3U]; }
    void merge(const EcnCounts& other) noexcept {
        for (std::size_t bits = 0; bits < of.size(); ++bits)
            of[bits] += other.of[bits];
    }
    // All datagrams counted.
    std::uint64_t total() const noexcept {
        return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
    }
};

}  // namespace sockbox::stats

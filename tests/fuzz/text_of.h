// Fuzzer input as text, and a check that is active in every build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sockbox::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {static_cast<const char*>(static_cast<const void*>(data)), size};
}

// Aborts the program, which the fuzzer reports as a finding.
inline void require(bool holds) {
    if (!holds)
        std::abort();
}

}  // namespace sockbox::fuzz

// Formats a count with its noun in the singular or plural.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sockbox::report {

// "1 connection", "2 connections"; "0 addresses" if `plural` is given.
inline std::string counted(std::uint64_t count, std::string_view noun,
                           std::string_view plural = {}) {
    if (count == 1)
        return fmt::format("1 {}", noun);
    return plural.empty() ? fmt::format("{} {}s", count, noun)
                          : fmt::format("{} {}", count, plural);
}

}  // namespace sockbox::report

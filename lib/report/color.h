// Colours in text for a terminal (ECMA-48).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sockbox::report {

inline constexpr std::string_view red = "\x1b[31m";
inline constexpr std::string_view green = "\x1b[32m";
inline constexpr std::string_view yellow = "\x1b[33m";

// The text in this colour if `colored`, otherwise as it is.
inline std::string painted(bool colored, std::string_view color, std::string_view text) {
    return colored ? fmt::format("{}{}\x1b[0m", color, text) : std::string(text);
}

}  // namespace sockbox::report

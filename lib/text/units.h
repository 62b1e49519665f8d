// Numbers with units, as the command lines take and print them: strict, whole string, locale-free.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::net {

// A decimal integer from `low` to `high`: ASCII digits, a '-' only where `low` is negative.
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high);

// "250ms", "1.5s", "2m"; a bare number is seconds. Units: ns us ms s m h. Never negative; a
// fraction finer than a nanosecond is refused.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// "64", "64K", "1M", "2G" (powers of 1024), from 0 to 2^63-1. No fraction.
Result<std::uint64_t> parse_size(std::string_view text);

// "0.1%" or "0.1" percent, as a share from 0 to 1.
Result<double> parse_percent(std::string_view text);

// A port in decimal, from `lowest` (0, or 1 for a client) to 65535.
Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t lowest = 0);

// Exactly, in the largest unit of which it is a whole number: "90s", "1500ms", "0s".
std::string format_duration(std::chrono::nanoseconds duration);

// Three significant digits for people: "42.1 us", "1.50 ms", "12.3 s".
std::string format_approximately(std::chrono::nanoseconds duration);

// For people: "512 B", "64.0 KiB", "1.50 GiB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace sockbox::net

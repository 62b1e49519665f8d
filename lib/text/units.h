// Parsing and printing of numbers with units. Parsers accept only the whole text, independent of
// the locale, and fail with std::errc::invalid_argument and an explanation.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "system/result.h"
#include "text/candidate.h"

namespace sockbox::net {

// A decimal integer from `low` to `high`: ASCII digits, after a '-' only if `low` is negative.
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high);

// A duration such as "250ms", "1.5s", ".5s" or "2m", in ns, us, ms, s, m or h; a number without a
// unit is in seconds. Not negative. Fails on fractions of a nanosecond.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// A size in bytes such as "64", "64K", "1M" or "2G" (powers of 1024), from 0 to 2^63-1, without a
// fraction.
Result<std::uint64_t> parse_size(std::string_view text);

// The number that `typed` begins with, with each unit of a duration or a size: "5ns" to "5h", "5K"
// to "5G"; empty if it begins with none.
Candidates duration_candidates(std::string_view typed);
Candidates size_candidates(std::string_view typed);

// A percentage from 0 to 100, such as "0.1%", ".1%" or "0.1", as a fraction from 0 to 1.
Result<double> parse_percent(std::string_view text);

// A decimal port from `lowest` to 65535, without leading zeros.
Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t lowest = 0);

// The exact duration, in the largest unit that makes it a whole number: "90s", "1500ms", "0s".
std::string format_duration(std::chrono::nanoseconds duration);

// One word, for display: "2h11m15s" (in whole seconds from a minute on), "6.53s", "408ms", "250us".
// Not for negative durations.
std::string format_span(std::chrono::nanoseconds duration);

// Three significant digits, for display: "42.1 us", "1.50 ms", "12.3 s".
std::string format_approximately(std::chrono::nanoseconds duration);

// Three significant digits, for display: "512 B", "64.0 KiB", "1.50 GiB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace sockbox::net

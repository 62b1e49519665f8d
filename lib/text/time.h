// Points in time as text.
#pragma once

#include <chrono>
#include <string>

namespace sockbox::net {

// "2026-01-31T12:00:00.000000001Z" (RFC 3339, in UTC).
std::string format_rfc3339(std::chrono::system_clock::time_point when);

// "2026-01-31 12:00:00 UTC"
std::string format_utc(std::chrono::system_clock::time_point when);

}  // namespace sockbox::net

// Formats dates of the Gregorian calendar.
#include "text/time.h"

#include <fmt/format.h>

namespace sockbox::net {
namespace {

using namespace std::chrono;

// "2026-01-31", `between`, "12:00:00"
std::string date_and_time(sys_seconds when, char between) {
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       between, time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

}  // namespace

std::string format_rfc3339(system_clock::time_point when) {
    const auto whole = floor<seconds>(when);
    return fmt::format("{}.{:09}Z", date_and_time(whole, 'T'), nanoseconds(when - whole).count());
}

std::string format_utc(system_clock::time_point when) {
    return date_and_time(floor<seconds>(when), ' ') + " UTC";
}

}  // namespace sockbox::net

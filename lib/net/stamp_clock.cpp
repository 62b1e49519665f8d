// Between the wall clock and the wire.
#include "net/stamp_clock.h"

#include <algorithm>

namespace sockbox::net::stamp {

// Of the format's time against the wall clock.
Time LocalClock::ahead(Format format) const noexcept {
    const auto tai = quality_.tai_ahead.value_or(std::chrono::seconds(0));
    return format == Format::ptp ? tai : std::chrono::seconds(0);
}

Time LocalClock::doubt(Format format) const noexcept {
    const bool unknown = format == Format::ptp && !quality_.tai_ahead;
    return unknown ? std::chrono::minutes(1) : std::chrono::minutes(0);
}

std::uint64_t LocalClock::encode(Time wall) const noexcept {
    return encode_time(wall + ahead(format_), format_);
}

Time LocalClock::decode(std::uint64_t wire, Format format, Time near) const noexcept {
    return decode_time(wire, format, near + ahead(format)) - ahead(format);
}

ErrorEstimate LocalClock::estimate() const noexcept {
    return {quality_.synchronized, format_, quality_.bound + doubt(format_)};
}

Time LocalClock::error_against(const ErrorEstimate& theirs) const noexcept {
    return quality_.bound + std::max(doubt(format_), doubt(theirs.format)) + theirs.bound;
}

}  // namespace sockbox::net::stamp

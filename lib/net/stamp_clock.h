// This host's wall clock as STAMP tells its times.
#pragma once

#include "net/stamp.h"
#include "system/clock_quality.h"

namespace sockbox::net::stamp {

// Times are those of the wall clock, in UTC since 1970: NTP's format tells these, PTP's tells TAI.
// Where the system does not know by how much TAI is ahead, UTC is told and taken in its place, and
// the error is a minute more (it was 37 s from 2017 on).
class LocalClock {
  public:
    LocalClock(Format format, const ClockQuality& quality) noexcept
        : format_(format), quality_(quality) {}

    std::uint64_t encode(Time wall) const noexcept;
    // What another clock tells in its format.
    Time decode(std::uint64_t wire, Format format, Time near) const noexcept;

    ErrorEstimate estimate() const noexcept;
    // By how much a time between the two clocks may be wrong.
    Time error_against(const ErrorEstimate& theirs) const noexcept;

  private:
    Time ahead(Format format) const noexcept;
    Time doubt(Format format) const noexcept;

    Format format_;
    ClockQuality quality_;
};

}  // namespace sockbox::net::stamp

// What the kernel's clock discipline knows.
#include "system/clock_quality.h"

#include <sys/timex.h>

namespace sockbox::net {

ClockQuality clock_quality() noexcept {
    timex discipline{};
    if (::adjtimex(&discipline) < 0)
        return {false, std::chrono::hours(24)};
    ClockQuality quality{(discipline.status & STA_UNSYNC) == 0,
                         std::chrono::microseconds(discipline.maxerror)};
    if (discipline.tai != 0)  // 0 until somebody has told the kernel
        quality.tai_ahead = std::chrono::seconds(discipline.tai);
    return quality;
}

}  // namespace sockbox::net

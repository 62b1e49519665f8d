// What the kernel's clock discipline knows.
#include "net/clock_quality.h"

#include <sys/timex.h>

namespace sockbox::net {

ClockQuality clock_quality() noexcept {
    timex discipline{};
    if (::adjtimex(&discipline) < 0)
        return {false, std::chrono::hours(24)};
    return {(discipline.status & STA_UNSYNC) == 0, std::chrono::microseconds(discipline.maxerror)};
}

}  // namespace sockbox::net

// Windows keeps what it knows of its clock to a service.
#include "system/clock_quality.h"

namespace sockbox::net {

ClockQuality clock_quality() noexcept {
    return {false, std::chrono::hours(24)};
}

}  // namespace sockbox::net

// The interarrival jitter estimator of RFC 3550.
#include "stats/jitter.h"

#include <cmath>

namespace sockbox::stats {
namespace {

using std::chrono::nanoseconds;

std::optional<nanoseconds> rounded_if(bool defined, double ns) {
    return defined ? std::optional(nanoseconds(static_cast<std::int64_t>(ns + 0.5))) : std::nullopt;
}

}  // namespace

void Jitter::record(nanoseconds transit) noexcept {
    if (previous_) {
        const double difference = std::fabs(static_cast<double>((transit - *previous_).count()));
        jitter_ns_ += (difference - jitter_ns_) / 16;
        sum_ns_ += difference;
        ++differences_;
    }
    previous_ = transit;
}

std::optional<nanoseconds> Jitter::value() const noexcept {
    return rounded_if(differences_ > 0, jitter_ns_);
}

std::optional<nanoseconds> Jitter::mean_variation() const noexcept {
    return rounded_if(differences_ > 0, sum_ns_ / static_cast<double>(differences_));
}

}  // namespace sockbox::stats

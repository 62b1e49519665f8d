// Merges the per-direction results of several threads.
#include "stats/directions.h"

#include <algorithm>

namespace sockbox::stats {

void Way::record(std::chrono::nanoseconds time) noexcept {
    delay.record(time);
    variation.record(time);
}

void Way::merge(const Way& other) {
    if (lost && other.lost)
        *lost += *other.lost;
    else
        lost.reset();
    delay.merge(other.delay);
    if (!variation.value())
        variation = other.variation;
}

void Directions::merge(const Directions& other) {
    forward.merge(other.forward);
    backward.merge(other.backward);
    processing.merge(other.processing);
    clock_error = std::max(clock_error, other.clock_error);
    synchronized = synchronized && other.synchronized;
    implausible += other.implausible;
    if (!dscp_there)
        dscp_there = other.dscp_there;
}

}  // namespace sockbox::stats

// The interarrival jitter estimator of RFC 3550, and merging the results of several threads.
#include "stats/directions.h"

#include <algorithm>
#include <cmath>

namespace sockbox::stats {
namespace {

using std::chrono::nanoseconds;

std::optional<nanoseconds> rounded_if(bool defined, double ns) {
    return defined ? std::optional(nanoseconds(static_cast<std::int64_t>(ns + 0.5))) : std::nullopt;
}

template <class Value>
void merge_into(std::optional<Value>& value, const std::optional<Value>& other) {
    if (!value)
        value = other;
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

void Way::record(std::chrono::nanoseconds time) {
    delay.record(time);
    delays.record(time);
    variation.record(time);
}

void Way::merge(const Way& other) {
    if (lost && other.lost)
        *lost += *other.lost;
    else
        lost.reset();
    delay.merge(other.delay);
    delays.merge(other.delays);
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
    other_lengths.merge(other.other_lengths);
    merge_into(dscp_there, other.dscp_there);
    merge_into(ecn_there, other.ecn_there);
    merge_into(dscp_back, other.dscp_back);
    merge_into(ecn_back, other.ecn_back);
    ecn_counts_there.merge(other.ecn_counts_there);
    reflector.merge(other.reflector);
}

void ReflectorReport::merge(const ReflectorReport& other) {
    was_asked = was_asked || other.was_asked;
    if (seen_from.empty())
        seen_from = other.seen_from;
    merge_into(clock_source, other.clock_source);
    merge_into(arrival_method, other.arrival_method);
    merge_into(departure_method, other.departure_method);
    merge_into(received, other.received);
    merge_into(sent, other.sent);
    left_later.merge(other.left_later);
    unverified += other.unverified;
}

}  // namespace sockbox::stats

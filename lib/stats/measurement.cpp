// Merges the results of several threads and derives loss, rate and client lateness.
#include "stats/measurement.h"

#include <algorithm>

namespace sockbox::stats {

void KernelView::merge(const KernelView& other) {
    connections += other.connections;
    if (other.min_rtt && (!min_rtt || *other.min_rtt < *min_rtt))
        min_rtt = other.min_rtt;
    retransmits += other.retransmits;
    congestion_window.merge(other.congestion_window);
    delivery_rate.merge(other.delivery_rate);
}

void Measurement::merge(const Measurement& other) {
    using Count = std::uint64_t Measurement::*;
    constexpr Count counts[] = {&Measurement::sent,
                                &Measurement::received,
                                &Measurement::lost,
                                &Measurement::pending,
                                &Measurement::unsent,
                                &Measurement::mismatched,
                                &Measurement::surplus_bytes,
                                &Measurement::late,
                                &Measurement::duplicated,
                                &Measurement::reordered,
                                &Measurement::foreign,
                                &Measurement::missed_slots,
                                &Measurement::sent_bytes,
                                &Measurement::undelivered,
                                &Measurement::overflowed,
                                &Measurement::received_bytes,
                                &Measurement::spoiled,
                                &Measurement::misdirected,
                                &Measurement::resolve_failures};
    for (const Count count : counts)
        this->*count += other.*count;
    distinguishable = distinguishable && other.distinguishable;
    duration = std::max(duration, other.duration);
    rtt.merge(other.rtt);
    connect.merge(other.connect);
    slip.merge(other.slip);
    unread.merge(other.unread);
    kernel.merge(other.kernel);
    own_time.merge(other.own_time);
    ecn_counts_back.merge(other.ecn_counts_back);
    lost_numbers.merge(other.lost_numbers);
    timeline.merge(other.timeline);
    outages.merge(other.outages);
    for (const auto& [port, numbers] : other.by_source_port)
        by_source_port[port].merge(numbers);
    if (directions && other.directions)
        directions->merge(*other.directions);
    else if (other.directions)
        directions = other.directions;
    if (!jitter.value())
        jitter = other.jitter;
}

std::uint64_t Measurement::lost_in_silence() const noexcept {
    return lost - std::min(lost, undelivered + spoiled + misdirected);
}

std::uint64_t Measurement::lost_in_own_buffer() const noexcept {
    return std::min(overflowed, lost_in_silence());
}

std::uint64_t Measurement::lost_on_path() const noexcept {
    return lost_in_silence() - lost_in_own_buffer();
}

// In a closed loop round trips are timed from the actual send, so late sending does not inflate
// them; only late reading does.
bool Measurement::is_client_late() const {
    const Summary times = rtt.summary();
    const Summary sending = open_loop ? slip.summary() : Summary();
    const Summary reading = unread.summary();
    if (!times.p50)
        return false;
    using std::chrono::nanoseconds;
    const auto sum = [&](std::optional<nanoseconds> Summary::*share) {
        return (sending.*share).value_or(nanoseconds(0)) +
               (reading.*share).value_or(nanoseconds(0));
    };
    return sum(&Summary::p50) * 10 > *times.p50 || sum(&Summary::p99) * 2 > *times.p99;
}

std::optional<double> Measurement::own_share() const noexcept {
    const auto mean = rtt.summary().mean;
    const double own = own_time.sum_ns();
    if (own_time.count() == 0 || !mean)
        return std::nullopt;
    const double rest = static_cast<double>(mean->count()) * static_cast<double>(own_time.count());
    return own + rest > 0 ? own / (own + rest) : 0;
}

double Measurement::loss() const noexcept {
    const std::uint64_t judged = received + lost;
    return judged == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(judged);
}

double Measurement::rate_per_s() const noexcept {
    const double seconds = std::chrono::duration<double>(duration).count();
    return seconds > 0 ? static_cast<double>(received) / seconds : 0;
}

}  // namespace sockbox::stats

// Follows the timers of a connection to the one that gives it up.
#include "inspect/give_up.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

namespace sockbox::net {
namespace {

using std::chrono::nanoseconds;

std::int64_t quotient_up(nanoseconds dividend, nanoseconds divisor) {
    return (dividend + divisor - nanoseconds(1)) / divisor;
}

// By how much a timer may be late: the granularity of its level in the timer wheel. Level n takes
// timers from 63 * 8^(n-1) ticks on, and counts in 8^n ticks (LVL_START and LVL_GRAN in
// kernel/time/timer.c).
nanoseconds max_delay(nanoseconds timer, nanoseconds tick) {
    constexpr std::int64_t first_start = 63;
    constexpr int last_level = 8;
    int level = 0;
    while (level < last_level && quotient_up(timer, tick) >= first_start << (3 * level))
        ++level;
    return tick * (std::int64_t{1} << (3 * level));
}

// By how much the timers of a walk are late together: each one by any time up to its max_delay().
class Delay {
  public:
    void add(nanoseconds greatest) {
        const double seconds = std::chrono::duration<double>(greatest).count();
        mean_ += seconds / 2;
        variance_ += seconds * seconds / 12;
    }

    // Whether the timers may be, and almost certainly are, late by at least `needed`: 2.5 standard
    // deviations off the mean are the limit.
    bool may_reach(nanoseconds needed) const {
        const double gap = std::chrono::duration<double>(needed).count() - mean_;
        return gap <= mean_ && (gap <= 0 || gap * gap <= 2.5 * 2.5 * variance_);
    }
    bool reaches(nanoseconds needed) const {
        const double gap = mean_ - std::chrono::duration<double>(needed).count();
        return gap >= mean_ || (gap > 0 && gap * gap >= 2.5 * 2.5 * variance_);
    }

  private:
    double mean_ = 0;
    double variance_ = 0;
};

// What the kernel takes `retries` for (tcp_model_timeout()).
nanoseconds modelled_time(const Retransmission& r) {
    const auto ratio =
        static_cast<std::uint64_t>(std::max<std::int64_t>(r.max_timeout / r.base, 1));
    const int doublings = std::min(static_cast<int>(std::bit_width(ratio)) - 1, r.retries);
    return ((std::int64_t{2} << doublings) - 1) * r.base + (r.retries - doublings) * r.max_timeout;
}

}  // namespace

GiveUp give_up_idle(const Keepalive& k) {
    if (k.user_timeout.count() == 0) {
        const nanoseconds all = k.idle + k.probes * k.interval;
        return {all, all, k.probes};
    }
    const auto probes_until = [&](nanoseconds idle, nanoseconds interval) {
        return std::max<std::int64_t>(quotient_up(k.user_timeout - idle, interval), 1);
    };
    const nanoseconds idle = k.idle;
    const nanoseconds interval = k.interval;
    const std::int64_t at_most = probes_until(idle, interval);
    const std::int64_t at_least =
        probes_until(idle + max_delay(idle, k.tick), interval + max_delay(interval, k.tick));
    return {std::max<nanoseconds>(idle + at_least * interval,
                                  std::min<nanoseconds>(k.user_timeout, idle + at_most * interval)),
            idle + at_most * interval, static_cast<int>(at_most)};
}

GiveUp give_up_retransmitting(const Retransmission& r) {
    const bool limited = r.user_timeout.count() > 0;
    const nanoseconds limit = limited ? r.user_timeout : modelled_time(r);
    const nanoseconds before = r.since_sent ? nanoseconds(0) : r.first;
    nanoseconds elapsed = r.first - before;  // of what counts towards the limit
    nanoseconds timeout = std::max(r.timeout, r.tick);
    Delay delay;
    std::optional<nanoseconds> earliest;
    for (int tries = 1;; ++tries) {
        if (tries > r.undoubled)
            timeout = std::min(2 * timeout, std::max(r.max_timeout, r.tick));
        // The kernel shortens the last timer so that it fires when the user timeout is over.
        const nanoseconds left = std::max(limit - elapsed, r.tick);
        const nanoseconds timer = limited ? std::min(timeout, left) : timeout;
        elapsed += timer;
        delay.add(max_delay(timer, r.tick));
        const nanoseconds end = before + (tries < r.max_tries ? std::max(elapsed, limit) : elapsed);
        if (!earliest && delay.may_reach(limit - elapsed))
            earliest = end;
        if (delay.reaches(limit - elapsed) || tries >= r.max_tries)
            return {std::min(earliest.value_or(end), end), end, tries};
    }
}

nanoseconds first_retransmission(nanoseconds timeout, nanoseconds smoothed_rtt,
                                 nanoseconds min_timeout, nanoseconds tick) {
    const bool known = smoothed_rtt.count() > 0;
    const nanoseconds probe =
        known ? quotient_up(2 * smoothed_rtt + min_timeout, tick) * tick : timeout;
    return std::min(probe, timeout) + timeout;
}

}  // namespace sockbox::net

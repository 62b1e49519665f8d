// Records what became of each message, and merges the results of threads.
#include "probe/measured.h"

#include <algorithm>

namespace sockbox::probe {

using net::Clock;

void Measured::answered(Clock::time_point now, std::optional<std::chrono::nanoseconds> rtt) {
    ++numbers.received;
    numbers.outages.answered(now - begin);
    if (!rtt)
        return;
    numbers.rtt.record(*rtt);
    numbers.timeline.record(now - begin, *rtt);
}

void Measured::lost(Clock::time_point now, Clock::time_point origin) {
    ++numbers.lost;
    numbers.outages.missed(origin - begin);
    numbers.timeline.record_lost(now - begin);
}

// A message sent after `ready_at` cannot have been answered by then.
void Measured::record_unread(Clock::time_point now, Clock::time_point ready_at,
                             Clock::time_point origin) {
    numbers.unread.record(origin < ready_at ? now - ready_at : Clock::duration::zero());
}

void Measured::late(Clock::time_point now) {
    ++numbers.late;
    numbers.timeline.record_late(now - begin);
}

void Measured::lost(Clock::time_point now, Clock::time_point origin, std::uint64_t number) {
    lost(now, origin);
    numbers.lost_numbers.add(number);
}

void Measured::failed(const net::Error& error) {
    ++errors[{error.action, error.reason(), std::string(net::symbol(error.code)),
              error.code.value()}];
}

void Measured::unsent(const MeasurePlan& plan, const Message& message, const net::Error& error) {
    if (!message.counted)
        return;
    ++numbers.unsent;
    numbers.outages.missed(message.due - begin);
    if (plan.on_unsent)
        plan.on_unsent(message.sequence, error);
}

void Measured::end_warmup() {
    errors.keep_phase("connect");
    numbers.mismatched = numbers.surplus_bytes = numbers.foreign = 0;
    numbers.kernel = {};
}

std::chrono::nanoseconds Measured::elapsed() const {
    return std::max(Clock::now() - begin, Clock::duration::zero());
}

void Measured::merge(const Measured& other) {
    numbers.merge(other.numbers);
    errors.merge(other.errors);
    for (const auto& [responder, count] : other.responders)
        responders[responder] += count;
}

}  // namespace sockbox::probe

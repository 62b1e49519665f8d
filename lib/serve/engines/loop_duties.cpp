// One reading of the clock per turn; sweeps at the interval that the timeouts need.
#include "serve/engines/loop_duties.h"

namespace sockbox::serve {

net::Deadline LoopDuties::now() noexcept {
    if (!now_known_)
        now_ = net::Clock::now();
    now_known_ = true;
    return now_;
}

void LoopDuties::begin_drain() {
    draining_ = true;
    drain_deadline_ = service_.drain_deadline();
    next_sweep_ = now();
}

void LoopDuties::schedule_sweep() {
    next_sweep_ = now() + service_.sweep_interval(draining_);
}

net::Deadline LoopDuties::next_sweep() {
    if (next_sweep_ == net::Deadline{})
        schedule_sweep();
    return next_sweep_;
}

bool LoopDuties::begin_sweep() {
    if (now() < next_sweep_)
        return false;
    schedule_sweep();
    return true;
}

const Faults* stream_faults(const Service& service) noexcept {
    const auto& faults = service.options().faults;
    return faults != nullptr && faults->concern(net::Transport::tcp) ? faults.get() : nullptr;
}

}  // namespace sockbox::serve

// What every event loop does besides waiting: keep the time of a turn, sweep, drain, pause
// accepting.
#pragma once

#include <chrono>

#include "serve/service.h"
#include "system/clock.h"
#include "system/spin.h"

namespace sockbox::serve {

// The clients accepted in a row when the drain begins: those that wait, as far as a backlog may
// reach. Clients who keep connecting cannot delay the shutdown for longer.
//
//     for (LastAccepts accepts; accepts.another() && accept_one();) {
//     }
class LastAccepts {
  public:
    bool another() noexcept { return count_++ < most && net::Clock::now() < until_; }

  private:
    static constexpr int most = 65536;
    net::Deadline until_ = net::Clock::now() + std::chrono::seconds(2);
    int count_ = 0;
};

// The pause of a listener after a failed accept(2). When descriptors run out the listener stays
// ready, so without a pause the loop would spin.
class AcceptPause {
  public:
    void begin(net::Deadline now) noexcept { ends_ = now + length; }
    void cancel() noexcept { ends_ = net::no_deadline; }
    bool active() const noexcept { return ends_ != net::no_deadline; }
    bool is_over(net::Deadline now) const noexcept { return active() && now >= ends_; }
    // no_deadline if there is no pause.
    net::Deadline ends() const noexcept { return ends_; }

  private:
    static constexpr std::chrono::milliseconds length{100};
    net::Deadline ends_ = net::no_deadline;
};

// The timekeeping of one loop. Used by the thread that runs it only.
//
//     while (!idle()) {
//         duties.new_turn();
//         wait_until(std::min(other_deadlines(), needs_sweep ? duties.next_sweep() : no_deadline));
//         duties.new_turn();
//         if (duties.is_drain_due())
//             duties.begin_drain();  // and stop accepting
//         if (needs_sweep && duties.begin_sweep())
//             check_timeouts();
//     }
class LoopDuties {
  public:
    explicit LoopDuties(Service& service) noexcept
        : service_(service), spin_(service.options().spin) {}

    // Forgets the time. Call it before and after waiting.
    void new_turn() noexcept { now_known_ = false; }
    // The time of this turn. The clock is read at most once per turn.
    net::Deadline now() noexcept;

    // Waits as Spin::wait() does, but polls only while few connections are open: with many, one of
    // them is ready anyway.
    template <class Poll>
    void wait(net::Deadline deadline, const Poll& poll) {
        if (service_.counters().open.value() <= few_connections)
            spin_.wait(deadline, poll);
        else
            poll(deadline);
    }

    // Whether the drain of the service was raised and this loop has not begun it.
    bool is_drain_due() const noexcept { return !draining_ && service_.drain().raised(); }
    // Starts the drain, or joins it if another loop has started it; makes a sweep due at once.
    void begin_drain();
    bool draining() const noexcept { return draining_; }
    // no_deadline before the drain began.
    net::Deadline drain_deadline() const noexcept { return drain_deadline_; }

    // When the timeouts of all connections are to be checked next; in the past if that is overdue.
    net::Deadline next_sweep();
    // Whether that time has come; if so, schedules the sweep after this one.
    bool begin_sweep();

  private:
    static constexpr std::uint64_t few_connections = 8;

    void schedule_sweep();

    Service& service_;
    net::Spin spin_;
    net::Deadline now_{};
    bool now_known_ = false;
    net::Deadline next_sweep_{};
    bool draining_ = false;
    net::Deadline drain_deadline_ = net::no_deadline;
};

// The faults that the service makes on streams; null without any.
const Faults* stream_faults(const Service& service) noexcept;

}  // namespace sockbox::serve

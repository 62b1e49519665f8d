// Interrupts of a command that prints its result before it ends.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "net/signals.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// Catches interrupts as net::Interrupts does. After the first one, the process also ends, with
// status_of_interrupt(), if a write to standard output or standard error has been blocked for some
// time: nobody reads the result. What was written until then are whole lines; see
// Output::keep_lines_whole().
class CaughtInterrupts {
  public:
    // For how long a write may be blocked: of a command that is to end at once with what it has, or
    // of a measurement, whose summary may be worth the wait.
    static constexpr std::chrono::milliseconds brief{100};
    static constexpr std::chrono::milliseconds patient{1000};

    // `on_first` (may be empty) is called once, on another thread, after `stop` is raised; not if
    // no thread can be started, which also leaves writes unbounded. `io` and `stop` must outlive
    // the object.
    CaughtInterrupts(Io io, net::StopSignal& stop, std::chrono::nanoseconds patience,
                     std::function<void()> on_first = {});
    CaughtInterrupts(const CaughtInterrupts&) = delete;
    CaughtInterrupts& operator=(const CaughtInterrupts&) = delete;
    ~CaughtInterrupts();

  private:
    void wait_and_bound_writes();
    bool is_blocked(net::Clock::time_point raised_at) const;

    Io io_;
    net::StopSignal& stop_;
    std::chrono::nanoseconds patience_;
    std::function<void()> on_first_;
    std::optional<net::StopSignal> over_;
    std::thread thread_;
    net::Interrupts interrupts_;
};

}  // namespace sockbox::tools

// Interrupts of a command that prints its result before it ends.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "net/signals.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// Catches interrupts as net::Interrupts does. After the first one, the process also ends, with
// status_of_interrupt(), if a write to standard output or standard error has been blocked for a
// second: nobody reads the result.
class CaughtInterrupts {
  public:
    // `on_first` (may be empty) is called once, on another thread, after `stop` is raised; not if
    // no thread can be started, which also leaves writes unbounded. `io` and `stop` must outlive
    // the object.
    CaughtInterrupts(Io io, net::StopSignal& stop, std::function<void()> on_first = {});
    CaughtInterrupts(const CaughtInterrupts&) = delete;
    CaughtInterrupts& operator=(const CaughtInterrupts&) = delete;
    ~CaughtInterrupts();

  private:
    void wait_and_bound_writes();
    bool is_blocked(net::Clock::time_point raised_at) const;

    Io io_;
    net::StopSignal& stop_;
    std::function<void()> on_first_;
    std::optional<net::StopSignal> over_;
    std::thread thread_;
    net::Interrupts interrupts_;
};

}  // namespace sockbox::tools

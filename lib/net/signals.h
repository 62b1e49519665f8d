// Signals as requests to a program: to stop, to report progress, or to print its counters.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "net/socket.h"
#include "system/memory.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

// A request to stop. Once raised, it stays raised. waitable() can be polled together with other
// descriptors (poll, epoll, io_uring): it becomes readable and is never read, so that it wakes all
// current and later waiters. A forked child shares the signal with its parent: if one raises it, it
// is raised for both.
//
//     auto stop = StopSignal::create();
//     if (!stop)
//         return fail(stop.error());
//     const Interrupts interrupts(*stop);  // Ctrl-C raises it; a second one ends the process
//     if (wait_for(socket, Direction::receive, no_deadline, &*stop) == Readiness::stopped)
//         clean_up();
class StopSignal {
  public:
    // Fails if no descriptor or memory is left.
    static Result<StopSignal> create();

    StopSignal(StopSignal&& other) noexcept = default;
    StopSignal& operator=(StopSignal&&) = delete;
    ~StopSignal() = default;

    // Async-signal-safe and thread-safe. Repeated calls have no effect.
    void raise() noexcept;
    bool raised() const noexcept;
    // An eventfd(2) on Linux, a UDP socket on Windows. For polling only: do not read it.
    NativeSocket waitable() const noexcept { return wake_.native(); }

  private:
    using Flag = Shared<std::atomic<bool>>;
    StopSignal(Socket wake, Flag raised) noexcept
        : wake_(std::move(wake)), raised_(std::move(raised)) {}

    Socket wake_;
    Flag raised_;
};

// Makes the signals that stop a program reach this one, whatever started it: unblocks all signals,
// because a child inherits those that its parent blocks; and in the first process of a PID
// namespace, to which the kernel delivers only signals that it catches, catches SIGINT, SIGTERM,
// SIGHUP and SIGQUIT, each of which ends it with status 128 + its number. To be called first in
// main(). Does nothing on Windows.
void hear_signals() noexcept;

// Ignores from now on the signals that the classes below catch. For a process that has done its
// work: a signal must not replace the exit status that says so. From then on nothing should be able
// to block for long, since only SIGKILL ends the process early; programs started by exec inherit
// it.
void ignore_late_signals() noexcept;

// Catches SIGINT (Ctrl-C), SIGTERM and SIGHUP (closing the terminal; unless it was ignored, as by
// nohup(1)) while the object exists. The first signal raises `first`, the next one raises `second`,
// and one that comes more than a second later ends the process as if it had not been caught, in
// case `second` does not end it. Without `second`, the next one after the first does so. On
// Windows: Ctrl-C and Ctrl-Break. The signals must outlive the object, of which a process may have
// only one at a time. Afterwards they are handled as before, unless ignore_late_signals() was
// called.
class Interrupts {
  public:
    // Catches the signals from now on.
    Interrupts(StopSignal& first, StopSignal& second) noexcept : Interrupts(first, &second) {}
    explicit Interrupts(StopSignal& first) noexcept : Interrupts(first, nullptr) {}
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts();

    // The number of the first signal caught by the current or latest object; 0 if there was none.
    // On Windows always SIGINT.
    static int number() noexcept;

  private:
    Interrupts(StopSignal& first, StopSignal* second) noexcept;
};

// Turns SIGQUIT (Ctrl-\; on Windows Ctrl-Break) into a request for an interim report while the
// object exists, instead of ending the process; from then on it is ignored, so that a request just
// before the end does not end the process. A process may have only one at a time.
class InterimRequests {
  public:
    InterimRequests() noexcept;
    InterimRequests(const InterimRequests&) = delete;
    InterimRequests& operator=(const InterimRequests&) = delete;
    ~InterimRequests();

    // Whether there was a request since the last call; several count as one. Thread-safe.
    static bool take() noexcept;
};

// Calls `answer` on a thread of its own for each SIGUSR1. Those that arrive between construction
// and start() are answered after it, once; those that arrive during a call are combined into one.
// The destructor waits until those that have arrived are answered; from then on SIGUSR1 is ignored,
// so that a request just before the end does not end the process. Does nothing on Windows. A
// process may have only one at a time.
class StatusRequests {
  public:
    // Catches SIGUSR1 from now on, but calls `answer` only after start().
    explicit StatusRequests(std::function<void()> answer);
    StatusRequests(const StatusRequests&) = delete;
    StatusRequests& operator=(const StatusRequests&) = delete;
    ~StatusRequests();

    // Fails if no thread or descriptor can be created.
    Status start();

  private:
    void wait_and_answer();

    std::function<void()> answer_;
    Socket wake_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace sockbox::net

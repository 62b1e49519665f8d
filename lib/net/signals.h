// What a signal asks of a program: to stop, to report how far it is, or to print its counters.
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

// Once raised it stays so. Whoever waits puts waitable() into its own poll, epoll or ring: it
// becomes readable, is never read, and so wakes all waiters and any later one. A forked child
// shares it: raised by the one, it is raised for both.
class StopSignal {
  public:
    // Fails when no descriptor or memory is left.
    static Result<StopSignal> create();

    StopSignal(StopSignal&& other) noexcept = default;
    StopSignal& operator=(StopSignal&&) = delete;
    ~StopSignal() = default;

    // From any thread and from a signal handler; again without effect.
    void raise() noexcept;
    bool raised() const noexcept;
    NativeSocket waitable() const noexcept { return wake_.native(); }

  private:
    using Flag = Shared<std::atomic<bool>>;
    StopSignal(Socket wake, Flag raised) noexcept
        : wake_(std::move(wake)), raised_(std::move(raised)) {}

    Socket wake_;
    Flag raised_;
};

// While it lives, the first Ctrl-C (SIGINT), SIGTERM or end of the terminal (SIGHUP, unless that
// was ignored) raises `first`, the next one `second`, and one more ends the process as if it had
// never been caught; without a `second`, the next one does. One at a time in a process.
class Interrupts {
  public:
    Interrupts(StopSignal& first, StopSignal& second) noexcept : Interrupts(first, &second) {}
    explicit Interrupts(StopSignal& first) noexcept : Interrupts(first, nullptr) {}
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts();

    // The number of the signal that came first while it lives; 0 when none has. Ctrl-C is SIGINT on
    // Windows, too.
    static int number() noexcept;

  private:
    Interrupts(StopSignal& first, StopSignal* second) noexcept;
};

// While it lives, SIGQUIT (Ctrl-\; on Windows Ctrl-Break) ends nothing: it is a request, which
// take() tells. One at a time in a process.
class InterimRequests {
  public:
    InterimRequests() noexcept;
    InterimRequests(const InterimRequests&) = delete;
    InterimRequests& operator=(const InterimRequests&) = delete;
    ~InterimRequests();

    // Whether there was a request since the last call. From any thread.
    static bool take() noexcept;
};

// While it lives, calls `answer` on a thread of its own for each SIGUSR1; those that come while it
// is busy are one. On Windows nobody ever asks. One at a time in a process.
class StatusRequests {
  public:
    explicit StatusRequests(std::function<void()> answer) : answer_(std::move(answer)) {}
    StatusRequests(const StatusRequests&) = delete;
    StatusRequests& operator=(const StatusRequests&) = delete;
    ~StatusRequests();

    // Fails where the system has no room for a thread or a descriptor.
    Status start();

  private:
    void wait_and_answer();

    std::function<void()> answer_;
    Socket wake_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace sockbox::net

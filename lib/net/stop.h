// A signal to stop that wakes every waiter: raised by a signal handler, a test or another thread.
#pragma once

#include <atomic>
#include <utility>

#include "net/socket.h"
#include "system/platform.h"
#include "system/result.h"
#include "system/shared.h"

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

}  // namespace sockbox::net

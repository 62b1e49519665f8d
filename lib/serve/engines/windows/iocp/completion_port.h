// An I/O completion port, and overlapped operations that complete on it.
#pragma once

#include <memory>

#include "net/socket.h"
#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

// An overlapped call. It must stay at its address until done() has been called, which happens
// exactly once for each start, even if the socket has been closed.
class Operation : public OVERLAPPED {
  public:
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    bool pending() const noexcept { return pending_; }
    // `code` is 0 or a Winsock error code.
    virtual void done(std::size_t bytes, int code) = 0;

    // begin() comes before each call; failed_at_once() after one that failed immediately with
    // anything but WSA_IO_PENDING, because then done() is not called.
    void begin() noexcept {
        static_cast<OVERLAPPED&>(*this) = {};
        pending_ = true;
    }
    void failed_at_once() noexcept { pending_ = false; }

  protected:
    Operation() noexcept : OVERLAPPED{} {}

  private:
    friend class CompletionPort;
    bool pending_ = false;
};

class CompletionPort {
  public:
    static net::Result<CompletionPort> create();
    CompletionPort(CompletionPort&& other) noexcept;
    CompletionPort& operator=(CompletionPort&&) = delete;
    ~CompletionPort();

    // Associates a socket with the port: its operations then complete here.
    net::Status add(const net::Socket& socket);

    // Waits for a completion, wake() or the deadline, then calls done() of every completed
    // operation.
    net::Status wait(net::Deadline deadline);

    // Interrupts wait(); from any thread.
    void wake() noexcept;

  private:
    explicit CompletionPort(HANDLE port) noexcept : port_(port) {}

    HANDLE port_;
};

}  // namespace sockbox::serve

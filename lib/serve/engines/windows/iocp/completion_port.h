// A completion port, and operations that are told when they are done.
#pragma once

#include <memory>

#include "net/socket.h"
#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

// An overlapped call under way. It must stay where it is until done() was called, which happens
// once for each start, also after its socket was closed.
class Operation : public OVERLAPPED {
  public:
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    bool pending() const noexcept { return pending_; }
    // `code` is 0 or one of Winsock's.
    virtual void done(std::size_t bytes, int code) = 0;

    // Before each call, and after one that failed at once (anything but WSA_IO_PENDING).
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

    // From then on the operations of that socket are told here.
    net::Status add(const net::Socket& socket);

    // Waits until something is done, wake() was called or the deadline, and calls done() of all
    // that is.
    net::Status wait(net::Deadline deadline);

    // Ends a wait; from any thread.
    void wake() noexcept;

  private:
    explicit CompletionPort(HANDLE port) noexcept : port_(port) {}

    HANDLE port_;
};

}  // namespace sockbox::serve

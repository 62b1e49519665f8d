// An io_uring, and the operations that the engine starts on it.
#pragma once

#include <liburing.h>
#include <poll.h>

#include <memory>
#include <span>

#include "serve/engines/linux/io_uring/buffers.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::serve {

// What waits for an operation. An operation started for it keeps it in use until complete() was
// called without IORING_CQE_F_MORE among the flags. Nothing may be thrown out of that: those
// completed after it would be lost, with the buffers that they hold.
class Completion {
  public:
    // `result` and `flags` as in io_uring's completion entries: a negative errno, or the outcome.
    virtual void complete(int result, unsigned flags) noexcept = 0;

  protected:
    ~Completion() = default;
};

// One thread creates and uses it. Operations are handed to the kernel with the next wait.
class Ring {
  public:
    // Fails where the kernel is too old (before 6.1), or io_uring is refused.
    static net::Result<std::unique_ptr<Ring>> create();
    // Fails as that does, but for memory that a user may not lock (RLIMIT_MEMLOCK), of which it
    // needs little itself.
    static net::Status probe();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring();

    void accept_many(int listener, Completion& completion);
    // Receives again and again, each time into a buffer of small(), until a completion comes
    // without IORING_CQE_F_MORE: at the end of the stream, after cancel(), or when no buffer is
    // left.
    void receive_many(int socket, Completion& completion);
    // Receives once, into a buffer of large(). Where nothing has arrived yet, `wait_first` saves
    // the attempt.
    void receive_bulk(int socket, bool wait_first, Completion& completion);
    void send(int socket, std::span<const std::byte> data, Completion& completion);
    void wait_readable(int descriptor, Completion& completion);
    void cancel(Completion& completion);

    BufferGroup& small() noexcept { return small_; }
    BufferGroup& large() noexcept { return large_; }

    // Starts what was asked for and waits for a completion or the deadline; calls complete() of
    // all there are.
    net::Status wait(net::Deadline deadline);

  private:
    Ring() = default;
    net::Status open(unsigned submissions, unsigned completions);
    net::Status restrict_and_enable();
    io_uring_sqe& entry();
    void take_completions();

    io_uring ring_{};
    bool open_ = false;
    // A kernel fills up to 32 buffers for one socket before it lets us stop it: small ones, so that
    // a peer that never reads costs little.
    BufferGroup small_{{0, 2048, 64, 65536, 1024}};
    BufferGroup large_{{1, 64 * 1024, 4, 65536, 256}};
};

}  // namespace sockbox::serve

// An io_uring and the operations that the engine starts on it.
#pragma once

#include <liburing.h>
#include <poll.h>

#include <deque>
#include <memory>
#include <span>

#include "serve/engines/linux/io_uring/buffers.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::serve {

// The receiver of an operation's result. Each operation refers to it until complete() has been
// called without IORING_CQE_F_MORE in `flags`. complete() must not throw: the completions after it
// in the batch would be lost, with the buffers they hold.
class Completion {
  public:
    // The fields of a completion entry (io_uring(7)): `result` is a negative errno or the outcome.
    virtual void complete(int result, unsigned flags) noexcept = 0;

  protected:
    ~Completion() = default;
};

// Created and used by one thread. Operations are queued and submitted by the next wait().
class Ring {
  public:
    // Fails if the kernel is older than 6.1 or refuses io_uring. Blocks for up to two seconds while
    // other rings of the user leave too little of RLIMIT_MEMLOCK.
    static net::Result<std::unique_ptr<Ring>> create();
    // Fails for the same reasons as create(), except a small RLIMIT_MEMLOCK, because it needs
    // hardly any locked memory.
    static net::Status probe();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring();

    void accept_multishot(int listener, Completion& completion);
    // Completes once, with a buffer of buffers() unless it fails (ENOBUFS if none is left).
    void receive(int socket, Completion& completion);
    // Multishot receive: each completion fills a buffer of buffers(), until one comes without
    // IORING_CQE_F_MORE, at EOF, after cancel(), or when no buffer is left (ENOBUFS).
    void receive_multishot(int socket, Completion& completion);
    void send(int socket, std::span<const std::byte> data, Completion& completion);
    // Completes once when any of `events` (poll(2)) is there.
    void wait_for(int descriptor, unsigned events, Completion& completion);
    void cancel(Completion& completion);

    BufferGroup& buffers() noexcept { return buffers_; }

    // Whether hardly any operation has completed in this turn: there is little to submit together.
    bool has_few_completions() const noexcept { return completed_ <= 2; }

    // Submits the queued operations, waits for a completion or the deadline, and calls complete()
    // for every completion that is there; returns their number. Fails if the kernel accepts no
    // operation for some seconds.
    net::Result<unsigned> wait(net::Deadline deadline);

  private:
    Ring() = default;
    net::Status open(unsigned submissions, unsigned completions);
    net::Status restrict_and_enable();
    io_uring_sqe& entry();
    void fill_provided_buffer(io_uring_sqe& operation, Completion& completion);
    io_uring_sqe* next_entry() noexcept;
    bool submit_delayed() noexcept;
    unsigned take_completions();
    int submit_and_wait(net::Deadline deadline);
    net::Result<unsigned> wait_for_progress(int error);

    // A timeout operation in progress.
    struct Alarm final : Completion {
        void complete(int /*result*/, unsigned /*flags*/) noexcept override {
            rings_at = net::no_deadline;
        }
        net::Deadline rings_at = net::no_deadline;
        __kernel_timespec time{};
    };

    io_uring ring_{};
    bool open_ = false;
    Alarm alarm_;
    unsigned completed_ = 0;            // in this turn
    std::deque<io_uring_sqe> delayed_;  // operations that the kernel does not accept now
    net::Deadline refused_since_ = net::no_deadline;
    // The kernel fills up to 32 buffers for one socket in a row (MULTISHOT_MAX_RETRY in
    // io_uring/net.c) before a cancellation takes effect. So these buffers are small, to bound the
    // cost of a peer that never reads.
    BufferGroup buffers_{{0, 2048, 64, 65536, 1024}};
};

}  // namespace sockbox::serve

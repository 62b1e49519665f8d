// An io_uring with the buffers that it receives into.
#pragma once

#include <liburing.h>
#include <poll.h>

#include <memory>
#include <span>
#include <vector>

#include "net/clock.h"
#include "net/result.h"
#include "serve/pages.h"

namespace sockbox::serve {

// What waits for an operation. An operation started for it keeps it in use until complete() was
// called without IORING_CQE_F_MORE among the flags.
class Completion {
  public:
    // `result` and `flags` as in io_uring's completion entries: a negative errno, or the outcome.
    virtual void complete(int result, unsigned flags) = 0;

  protected:
    ~Completion() = default;
};

// One thread creates and uses it. Operations are handed to the kernel with the next wait.
class Ring {
  public:
    static constexpr std::size_t buffer_bytes = 64 * 1024;

    // Fails where the kernel is too old (before 6.1), or io_uring is refused.
    static net::Result<std::unique_ptr<Ring>> create();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring();

    void accept_many(int listener, Completion& completion);
    // Receives into a buffer of the ring, whose number IORING_CQE_F_BUFFER's flags then tell.
    void receive(int socket, Completion& completion);
    void send(int socket, std::span<const std::byte> data, Completion& completion);
    void wait_readable(int descriptor, Completion& completion);
    void cancel(Completion& completion);

    std::span<std::byte> buffer(unsigned number) noexcept;
    void give_back(unsigned number) noexcept;
    // More buffers, after a receive had none; false when there are as many as there may be.
    bool add_buffers() noexcept;

    // Starts what was asked for and waits for a completion or the deadline; calls complete() of
    // all there are.
    net::Status wait(net::Deadline deadline);

  private:
    Ring() = default;
    net::Status open();
    io_uring_sqe& entry();

    io_uring ring_{};
    bool open_ = false;
    Pages free_list_memory_;
    io_uring_buf_ring* free_list_ = nullptr;
    std::vector<Pages> slabs_;
};

}  // namespace sockbox::serve

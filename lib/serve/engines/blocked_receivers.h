// Threads that block in a receive, and how they are woken.
#pragma once

#include <mutex>
#include <thread>

#include "net/socket.h"

namespace sockbox::serve {

// A thread with a single connection saves a poll(2) for each echo by blocking in recv(2), which
// nothing but the peer ends. wake() makes the sockets non-blocking and interrupts the receives by a
// signal, SIGURG, which does no harm elsewhere: it is ignored by default, and system calls are
// restarted after it.
//
// On Windows no thread may block.
class BlockedReceivers {
  public:
    BlockedReceivers() noexcept;
    BlockedReceivers(const BlockedReceivers&) = delete;
    BlockedReceivers& operator=(const BlockedReceivers&) = delete;

    // While it exists, receives on this socket may block the calling thread.
    class Stay {
      public:
        // The socket is non-blocking, and must remain open for as long as the object exists.
        Stay(BlockedReceivers& receivers, net::Socket& socket) noexcept;
        Stay(const Stay&) = delete;
        Stay& operator=(const Stay&) = delete;
        // Makes the socket non-blocking again.
        ~Stay();

        // False after wake(), or if the system does not allow it: receives do not block.
        bool allowed() const noexcept { return allowed_; }

      private:
        friend class BlockedReceivers;
        BlockedReceivers& receivers_;
        net::Socket& socket_;
        std::thread::native_handle_type thread_{};
        bool allowed_ = false;
        Stay* next_ = nullptr;
        Stay* previous_ = nullptr;
    };

    // Ends the receives in progress as if nothing had arrived, and allows no more. From any thread.
    void wake() noexcept;

  private:
    std::mutex mutex_;
    bool woken_ = false;
    Stay* first_ = nullptr;
};

}  // namespace sockbox::serve

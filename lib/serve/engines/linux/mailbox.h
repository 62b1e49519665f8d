// Connections on their way from the accepting thread to the serving thread.
#pragma once

#include <memory>

#include "serve/engines/client_queue.h"

namespace sockbox::serve {

// The eventfd makes the queue something that a loop can wait for. No wakeup is lost: put() writes
// to it after queueing, and take() reads it before emptying the queue, so a client queued in
// between leaves it readable. The non-blocking write fails only at the counter's maximum, when it
// is readable anyway (eventfd(2)).
class Mailbox {
  public:
    using Content = ClientQueue::Content;

    static net::Result<std::unique_ptr<Mailbox>> create();
    explicit Mailbox(net::Socket wake) : wake_(std::move(wake)) {}

    // From any thread.
    void put(Client&& client);
    void close();  // no more clients will be put

    // For the receiving thread; readable when take() has something to return.
    net::NativeSocket waitable() const noexcept { return wake_.native(); }
    Content take();

  private:
    void wake();

    net::Socket wake_;
    ClientQueue queue_;
};

}  // namespace sockbox::serve

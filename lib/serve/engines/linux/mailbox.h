// Connections on their way from the thread that accepted them to the one that serves them.
#pragma once

#include <memory>

#include "serve/engines/client_queue.h"

namespace sockbox::serve {

class Mailbox {
  public:
    using Content = ClientQueue::Content;

    static net::Result<std::unique_ptr<Mailbox>> create();
    explicit Mailbox(net::Socket wake) : wake_(std::move(wake)) {}

    // From any thread.
    void put(Client&& client);
    void close();  // no more will come

    // For the receiving thread: readable while there is something to take.
    net::NativeSocket waitable() const noexcept { return wake_.native(); }
    Content take();

  private:
    void wake();

    net::Socket wake_;
    ClientQueue queue_;
};

}  // namespace sockbox::serve

// Readiness: who waits for which socket, by poll(2) or epoll(7).
#pragma once

#include <memory>

#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

enum class Interest : std::uint8_t { none, read, write };

// Something that waits for a socket.
class EventSource {
  public:
    // What it is interested in can be done, or the socket has failed. It may stop watching itself
    // here, and watch new sockets, but not forget another source.
    virtual void on_ready() = 0;

  protected:
    ~EventSource() = default;
};

// Level-triggered; used by one thread.
class Poller {
  public:
    virtual ~Poller() = default;

    // A socket is watched by one source at a time, until it is forgotten: before it is closed. To
    // watch one fails where descriptors or memory lack.
    virtual net::Status watch(net::NativeSocket socket, EventSource& source, Interest interest) = 0;
    virtual void change(net::NativeSocket socket, EventSource& source, Interest interest) = 0;
    virtual void forget(net::NativeSocket socket) = 0;

    // Waits until something is ready or the deadline, and calls on_ready() of what is.
    virtual net::Status wait(net::Deadline deadline) = 0;
};

// The portable one, over poll(2).
std::unique_ptr<Poller> make_poll_poller();

}  // namespace sockbox::serve

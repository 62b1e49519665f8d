// The interface for readiness notification, by poll(2) or epoll(7).
#pragma once

#include <memory>

#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::serve {

enum class Interest : std::uint8_t { none, read, write };

// The owner of a watched socket.
class EventSource {
  public:
    // Called when the socket is ready or has failed. It may forget itself and watch new sockets,
    // but not forget another source.
    virtual void on_ready() = 0;

  protected:
    ~EventSource() = default;
};

// Level-triggered; for one thread.
class Poller {
  public:
    virtual ~Poller() = default;

    // Each socket is watched by one source at a time and must be forgotten before it is closed.
    // watch() fails if descriptors or memory run out.
    virtual net::Status watch(net::NativeSocket socket, EventSource& source, Interest interest) = 0;
    virtual void change(net::NativeSocket socket, EventSource& source, Interest interest) = 0;
    virtual void forget(net::NativeSocket socket) = 0;

    // Waits for readiness or the deadline, then calls on_ready() of each ready source. Returns
    // whether there was any.
    virtual net::Result<bool> wait(net::Deadline deadline) = 0;
};

// The portable poller, using poll(2).
std::unique_ptr<Poller> make_poll_poller();

}  // namespace sockbox::serve

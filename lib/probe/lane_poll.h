// Waiting for the sockets of many lanes at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::probe {

// What is waited for on behalf of one owner; it must not move while it is watched.
struct Watched {
    void* owner = nullptr;
    net::NativeSocket socket = net::invalid_socket;  // invalid_socket: nothing
    std::uint64_t sockets_used = 0;                  // tells two sockets of one number apart
    short events = 0;                                // POLLIN, POLLOUT
    // The owner receives all that has arrived whenever the socket is ready, and need not be called
    // before more arrives (EPOLLET in epoll(7)), which saves a check of the socket for each wait.
    bool reads_all = false;

    bool operator==(const Watched&) const = default;
};

// With epoll(7) on Linux, where a wait costs the same however many sockets there are; with poll
// elsewhere. wait() is called by one thread; update() also by others, one at a time.
class LanePoll {
  public:
    virtual ~LanePoll() = default;

    // `stop` is waited for as well.
    static net::Result<std::unique_ptr<LanePoll>> create(net::NativeSocket stop);

    // Waits for `wanted` from now on instead of what `watched` had, which becomes `wanted`. A
    // socket that was watched may have been closed already. Fails if memory runs out.
    virtual net::Status update(Watched& watched, const Watched& wanted) = 0;

    struct Ready {
        void* owner;
        short events;  // as of poll(2); with Watched::reads_all more than those waited for
    };
    // Blocks until a socket is ready or the deadline has passed, to the nanosecond where the system
    // can; with net::long_ago it does not sleep. Returns those that are ready; `stop` is not among
    // them. Valid until the next call.
    virtual std::span<const Ready> wait(net::Deadline deadline) = 0;
};

}  // namespace sockbox::probe

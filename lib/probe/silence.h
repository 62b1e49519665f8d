// How long nothing has come back to a UDP socket.
#pragma once

#include <algorithm>
#include <chrono>

#include "system/clock.h"

namespace sockbox::probe {

// A stateful device on the path, such as a NAT or a firewall, may have dropped the flow of a
// socket, while a new one would get through. Notes what came back and what did not, and decides
// when to try that.
class Silence {
  public:
    explicit Silence(std::chrono::nanoseconds timeout) noexcept
        : enough_(std::max<std::chrono::nanoseconds>(
              3 * std::min<std::chrono::nanoseconds>(timeout, std::chrono::hours(24)),
              std::chrono::seconds(1))) {}

    // Something came back, even an error or a late reply; or there is a new socket.
    void end(net::Clock::time_point now) noexcept {
        since_ = now;
        lost_ = 0;
    }
    void note_lost() noexcept { ++lost_; }

    // Whether at least three datagrams were lost, and nothing has come back for three timeouts or,
    // if that is longer, a second.
    bool is_long(net::Clock::time_point now) const noexcept {
        return lost_ >= 3 && now - since_ >= enough_;
    }

  private:
    const std::chrono::nanoseconds enough_;
    net::Clock::time_point since_ = net::Clock::now();
    unsigned lost_ = 0;
};

}  // namespace sockbox::probe

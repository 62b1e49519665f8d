// Which address to connect to next, and when: the decisions of Happy Eyeballs (RFC 8305).
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "net/endpoint.h"

namespace sockbox::probe {

// The delays of RFC 8305 that are not left to the caller.
struct ConnectDelays {
    // The Connection Attempt Delay (section 5; recommended: 250 ms), and the minimum that applies
    // when every attempt so far has failed (10 ms).
    std::chrono::nanoseconds attempt = std::chrono::milliseconds(250);
    std::chrono::nanoseconds min_attempt = std::chrono::milliseconds(10);
    // The Resolution Delay (section 3): how long an IPv4 answer waits for that for IPv6.
    std::chrono::nanoseconds resolution = std::chrono::milliseconds(50);
};

// A state machine without a clock, sockets or lookups: the caller reports what happens, with the
// time since any fixed start, and next() returns what to do. The families alternate (section 4,
// with a First Address Family Count of 1), within each family the order is that of the answers.
class ConnectOrder {
  public:
    using Time = std::chrono::nanoseconds;

    explicit ConnectOrder(const ConnectDelays& delays) : delays_(delays) {}

    // Lookups for these families have begun; each ends with one call of answered().
    void asked(net::Family family) { waits_for(family) = true; }
    // The addresses found for a family, perhaps none; or at the start, of both families, of which
    // that of the first address goes first. IPv6 goes first otherwise, unless `is_routed` is false.
    void answered(net::Family family, std::span<const net::Endpoint> endpoints, Time now,
                  bool is_routed = true);
    // The attempt that next() returned has begun; an attempt has failed.
    void started(Time now);
    void failed() { --under_way_; }

    struct Next {
        std::optional<net::Endpoint> connect_to{};  // now; the caller then calls started()
        Time wait_until = Time::max();  // otherwise: call again then, or when something happens
        bool is_over = false;           // there is nothing to try, and nothing under way
    };
    Next next(Time now) const;

    // The number of addresses that have not been tried.
    std::size_t untried() const { return v4_.size() + v6_.size(); }

  private:
    bool& waits_for(net::Family family) {
        return family == net::Family::ipv6 ? waits_for_v6_ : waits_for_v4_;
    }
    const std::deque<net::Endpoint>& queue() const;
    Time earliest() const;

    ConnectDelays delays_;
    std::deque<net::Endpoint> v4_;
    std::deque<net::Endpoint> v6_;
    bool waits_for_v4_ = false;
    bool waits_for_v6_ = false;
    bool v6_is_next_ = true;
    bool any_started_ = false;
    Time v4_since_{};  // when the first IPv4 address was found
    Time latest_start_{};
    std::size_t under_way_ = 0;
};

}  // namespace sockbox::probe

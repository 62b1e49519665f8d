// The order and the times of connection attempts.
#include "probe/connect_order.h"

#include <algorithm>

namespace sockbox::probe {

void ConnectOrder::answered(net::Family family, std::span<const net::Endpoint> endpoints, Time now,
                            bool is_routed) {
    if (family != net::Family::any)
        waits_for(family) = false;
    if (v4_.empty())
        v4_since_ = now;
    for (const net::Endpoint& endpoint : endpoints)
        (endpoint.family() == net::Family::ipv6 ? v6_ : v4_).push_back(endpoint);
    if (any_started_ || endpoints.empty())
        return;
    if (family == net::Family::any)
        v6_is_next_ = endpoints.front().family() == net::Family::ipv6;
    else if (family == net::Family::ipv6)
        v6_is_next_ = is_routed;
}

// The queue of the next attempt: that of the family whose turn it is, if it has any.
const std::deque<net::Endpoint>& ConnectOrder::queue() const {
    const auto& turn = v6_is_next_ ? v6_ : v4_;
    const auto& other = v6_is_next_ ? v4_ : v6_;
    return turn.empty() ? other : turn;
}

ConnectOrder::Time ConnectOrder::earliest() const {
    if (any_started_)
        return latest_start_ + (under_way_ == 0 ? delays_.min_attempt : delays_.attempt);
    const bool waits = v6_.empty() && waits_for_v6_;
    return waits ? v4_since_ + delays_.resolution : Time::min();
}

ConnectOrder::Next ConnectOrder::next(Time now) const {
    if (untried() == 0)
        return {{}, Time::max(), under_way_ == 0 && !waits_for_v4_ && !waits_for_v6_};
    if (const Time start = earliest(); now < start)
        return {{}, start, false};
    return {queue().front(), now, false};
}

void ConnectOrder::started(Time now) {
    auto& used = &queue() == &v6_ ? v6_ : v4_;
    v6_is_next_ = &used == &v4_;
    used.pop_front();
    any_started_ = true;
    latest_start_ = now;
    ++under_way_;
}

}  // namespace sockbox::probe

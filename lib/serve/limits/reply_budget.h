// A limit on the replies per source address: token buckets in a fixed amount of memory.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "net/endpoint.h"
#include "system/clock.h"

namespace sockbox::serve {

// Each address may have `per_second` replies at once and as many again every second. Up to 4096
// sources are tracked, in sets of four. When a new source needs a place in a full set, it replaces
// the one with the fullest bucket, because a full bucket carries the least information. So forged
// sources take nothing away from real ones, and cannot reset a source that has used up its replies.
// For one thread at a time.
class ReplyBudget {
  public:
    // 0: unlimited; uses no memory.
    explicit ReplyBudget(std::uint64_t per_second);

    // Whether a reply may be sent to this source now; if so, uses up one token.
    bool take(const net::Endpoint& source, net::Deadline now) noexcept;

  private:
    using Key = std::array<std::uint64_t, 2>;  // an IPv6 or IPv4-mapped address
    struct Bucket {
        Key source{};
        double tokens = 0;
        net::Deadline seen{};  // the time of `tokens`; the epoch if never used
    };
    static constexpr std::size_t sets = 1024;  // a power of two
    static constexpr std::size_t ways = 4;

    std::size_t set_of(const Key& key) const noexcept;
    double tokens_at(const Bucket& bucket, net::Deadline now) const noexcept;

    double per_second_;
    std::uint64_t secret_;  // prevents an attacker from choosing sources that share a set
    std::vector<Bucket> buckets_;
};

}  // namespace sockbox::serve

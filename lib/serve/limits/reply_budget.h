// How many replies a source of datagrams may have: a token bucket each, in memory of fixed size.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "net/endpoint.h"
#include "system/clock.h"

namespace sockbox::serve {

// Each address has `per_second` replies at once, and as many again each second. Thousands of
// sources are told apart; where a new one needs the place of another, that one goes whose bucket is
// the fullest, for a full bucket says no more than none at all. So forged sources take nothing from
// real ones, and do not free the one that used its replies up. By one thread at a time.
class ReplyBudget {
  public:
    // 0: no bound, and no memory.
    explicit ReplyBudget(std::uint64_t per_second);

    // Whether a reply may go there now; then it is one fewer.
    bool take(const net::Endpoint& source, net::Deadline now) noexcept;

  private:
    using Key = std::array<std::uint64_t, 2>;  // an IPv6 or v4-mapped address
    struct Bucket {
        Key source{};
        double tokens = 0;
        net::Deadline seen{};  // when `tokens` was right; the epoch in one never used
    };
    static constexpr std::size_t sets = 1024;  // a power of two
    static constexpr std::size_t ways = 4;

    std::size_t set_of(const Key& key) const noexcept;
    double tokens_at(const Bucket& bucket, net::Deadline now) const noexcept;

    double per_second_;
    std::uint64_t secret_;  // so that nobody can choose sources of one set
    std::vector<Bucket> buckets_;
};

}  // namespace sockbox::serve

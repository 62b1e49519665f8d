// Token buckets in a set-associative table.
#include "serve/limits/reply_budget.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <span>

#include "stats/split_mix.h"

namespace sockbox::serve {
namespace {

std::uint64_t secret() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

ReplyBudget::ReplyBudget(std::uint64_t per_second)
    : per_second_(static_cast<double>(per_second)), secret_(per_second == 0 ? 0 : secret()) {
    if (per_second != 0)
        buckets_.resize(sets * ways);
}

std::size_t ReplyBudget::set_of(const Key& key) const noexcept {
    return stats::mix(stats::mix(key[0] ^ secret_) ^ key[1] ^ ~secret_) & (sets - 1);
}

double ReplyBudget::tokens_at(const Bucket& bucket, net::Deadline now) const noexcept {
    if (bucket.seen == net::Deadline{})
        return per_second_;
    const std::chrono::duration<double> passed = now - bucket.seen;
    return std::min(per_second_, bucket.tokens + passed.count() * per_second_);
}

bool ReplyBudget::take(const net::Endpoint& source, net::Deadline now) noexcept {
    if (buckets_.empty())
        return true;
    Key key{};
    std::memcpy(key.data(), source.mapped().bytes().data(), sizeof key);
    const auto set = std::span(buckets_).subspan(set_of(key) * ways, ways);
    auto found = std::find_if(set.begin(), set.end(), [&](const Bucket& bucket) {
        return bucket.source == key && bucket.seen != net::Deadline{};
    });
    if (found == set.end()) {
        found = std::max_element(set.begin(), set.end(), [&](const Bucket& a, const Bucket& b) {
            return tokens_at(a, now) < tokens_at(b, now);
        });
        *found = {key, per_second_, now};
    }
    const double tokens = tokens_at(*found, now);
    found->seen = now;
    found->tokens = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
}

}  // namespace sockbox::serve

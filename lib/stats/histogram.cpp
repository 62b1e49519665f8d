// Histogram buckets: one per nanosecond below 2048, then 1024 for each power of two.
#include "stats/histogram.h"

#include <algorithm>
#include <bit>

namespace sockbox::stats {
namespace {

using std::chrono::nanoseconds;

constexpr unsigned split_bits = 10;
constexpr std::uint64_t split = 1U << split_bits;  // buckets per power of two

// Dropping the `shift` lowest bits leaves split_bits + 1 significant bits, so each further power of
// two adds `split` buckets.
constexpr std::size_t bucket_of(std::uint64_t ns) {
    const unsigned width = static_cast<unsigned>(std::bit_width(ns));
    const unsigned shift = width > split_bits + 1 ? width - split_bits - 1 : 0;
    return static_cast<std::size_t>((ns >> shift) + shift * split);
}

constexpr std::uint64_t lowest_of(std::size_t bucket) {
    const std::uint64_t shift = bucket < 2 * split ? 0 : bucket / split - 1;
    return (bucket - shift * split) << shift;
}

constexpr std::size_t bucket_count =
    bucket_of(static_cast<std::uint64_t>(Histogram::longest.count())) + 1;

static_assert(bucket_of(2047) == 2047 && bucket_of(2048) == 2048 && bucket_of(2050) == 2049);
static_assert(lowest_of(bucket_of(4096)) == 4096 && lowest_of(bucket_of(4095)) == 4094);

nanoseconds duration(std::uint64_t ns) {
    return nanoseconds(static_cast<std::int64_t>(ns));
}

std::uint64_t clamped(nanoseconds value) {
    return static_cast<std::uint64_t>(
        std::clamp(value, nanoseconds::zero(), Histogram::longest).count());
}

}  // namespace

Histogram::Histogram() : counts_(bucket_count) {}

void Histogram::record(nanoseconds value) noexcept {
    ++counts_[bucket_of(clamped(value))];
    ++count_;
    smallest_ = std::min(smallest_, value);
    largest_ = std::max(largest_, value);
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
    count_ += other.count_;
    smallest_ = std::min(smallest_, other.smallest_);
    largest_ = std::max(largest_, other.largest_);
}

std::optional<nanoseconds> Histogram::min() const noexcept {
    return count_ > 0 ? std::optional(smallest_) : std::nullopt;
}

std::optional<nanoseconds> Histogram::max() const noexcept {
    return count_ > 0 ? std::optional(largest_) : std::nullopt;
}

std::optional<nanoseconds> Histogram::quantile(double quantile) const noexcept {
    return count_ > 0 ? std::optional(at_rank(rank_of(quantile, count_))) : std::nullopt;
}

std::uint64_t Histogram::rank_of(double quantile, std::uint64_t count) noexcept {
    const double share = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count);
    const auto whole = static_cast<std::uint64_t>(share);
    return std::clamp<std::uint64_t>(whole + (static_cast<double>(whole) < share ? 1 : 0), 1,
                                     count);
}

nanoseconds Histogram::at_rank(std::uint64_t rank) const noexcept {
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    while ((seen += counts_[bucket]) < rank)
        ++bucket;
    const std::uint64_t low = lowest_of(bucket);
    const std::uint64_t width = lowest_of(bucket + 1) - low;
    return std::clamp(duration(low + (width - 1) / 2), smallest_, largest_);
}

std::uint64_t Histogram::count_up_to(nanoseconds bound) const noexcept {
    if (bound < nanoseconds::zero())
        return 0;
    std::uint64_t seen = 0;
    const std::size_t last = bucket_of(clamped(bound));
    for (std::size_t bucket = 0; bucket <= last; ++bucket)
        seen += counts_[bucket];
    return seen;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> found;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket)
        if (counts_[bucket] > 0)
            found.push_back(
                {duration(lowest_of(bucket)), duration(lowest_of(bucket + 1)), counts_[bucket]});
    return found;
}

}  // namespace sockbox::stats

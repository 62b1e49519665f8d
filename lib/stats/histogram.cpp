// Histogram buckets, in a row for each power of two.
#include "stats/histogram.h"

#include <algorithm>
#include <bit>

namespace sockbox::stats {
namespace {

using std::chrono::nanoseconds;

constexpr unsigned full_bits = 10;
constexpr unsigned compact_bits = 5;

// There are 2^split_bits buckets for each power of two. Dropping the `shift` lowest bits leaves
// split_bits + 1 significant bits, so each further power of two adds as many.
constexpr std::size_t bucket_of(std::uint64_t ns, unsigned split_bits) {
    const unsigned width = static_cast<unsigned>(std::bit_width(ns));
    const unsigned shift = width > split_bits + 1 ? width - split_bits - 1 : 0;
    return static_cast<std::size_t>((ns >> shift) + (std::uint64_t{shift} << split_bits));
}

constexpr std::uint64_t lowest_of(std::size_t bucket, unsigned split_bits) {
    const std::uint64_t row = bucket >> split_bits;
    const std::uint64_t shift = row < 2 ? 0 : row - 1;
    return (bucket - (shift << split_bits)) << shift;
}

static_assert(bucket_of(2047, full_bits) == 2047 && bucket_of(2048, full_bits) == 2048 &&
              bucket_of(2050, full_bits) == 2049);
static_assert(lowest_of(bucket_of(4096, full_bits), full_bits) == 4096 &&
              lowest_of(bucket_of(4095, full_bits), full_bits) == 4094);

nanoseconds duration(std::uint64_t ns) {
    return nanoseconds(static_cast<std::int64_t>(ns));
}

std::uint64_t clamped(nanoseconds value) {
    return static_cast<std::uint64_t>(
        std::clamp(value, nanoseconds::zero(), Histogram::longest).count());
}

}  // namespace

Histogram::Histogram(Detail detail) noexcept
    : split_bits_(detail == Detail::full ? full_bits : compact_bits) {}

Histogram::Histogram(const Histogram& other)
    : split_bits_(other.split_bits_),
      rows_(other.rows_.size()),
      count_(other.count_),
      smallest_(other.smallest_),
      largest_(other.largest_) {
    const std::size_t width = std::size_t{1} << split_bits_;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (other.rows_[i]) {
            rows_[i] = std::make_unique_for_overwrite<std::uint64_t[]>(width);
            std::copy_n(other.rows_[i].get(), width, rows_[i].get());
        }
}

Histogram& Histogram::operator=(Histogram other) noexcept {
    split_bits_ = other.split_bits_;
    rows_ = std::move(other.rows_);
    count_ = other.count_;
    smallest_ = other.smallest_;
    largest_ = other.largest_;
    return *this;
}

std::uint64_t& Histogram::count_of(std::size_t bucket) {
    const std::size_t width = std::size_t{1} << split_bits_;
    const std::size_t number = bucket >> split_bits_;
    if (number >= rows_.size())
        rows_.resize(number + 1);
    Row& row = rows_[number];
    if (!row)
        row = std::make_unique<std::uint64_t[]>(width);
    return row[bucket & (width - 1)];
}

template <class Visit>
void Histogram::for_each(const Visit& visit) const {
    const std::size_t width = std::size_t{1} << split_bits_;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        for (std::size_t at = 0; rows_[i] && at < width; ++at)
            if (rows_[i][at] > 0 && !visit(i * width + at, rows_[i][at]))
                return;
}

void Histogram::record(nanoseconds value) {
    ++count_of(bucket_of(clamped(value), split_bits_));
    ++count_;
    smallest_ = std::min(smallest_, value);
    largest_ = std::max(largest_, value);
}

void Histogram::merge(const Histogram& other) {
    for (const Bucket& bucket : other.buckets()) {
        const nanoseconds middle = bucket.low + (bucket.high - bucket.low - nanoseconds(1)) / 2;
        count_of(bucket_of(clamped(middle), split_bits_)) += bucket.count;
    }
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
    std::size_t found = 0;
    for_each([&](std::size_t bucket, std::uint64_t count) {
        found = bucket;
        return (seen += count) < rank;
    });
    const std::uint64_t low = lowest_of(found, split_bits_);
    const std::uint64_t width = lowest_of(found + 1, split_bits_) - low;
    return std::clamp(duration(low + (width - 1) / 2), smallest_, largest_);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> found;
    for_each([&](std::size_t bucket, std::uint64_t count) {
        found.push_back({duration(lowest_of(bucket, split_bits_)),
                         duration(lowest_of(bucket + 1, split_bits_)), count});
        return true;
    });
    return found;
}

}  // namespace sockbox::stats

// Corrupts, delays, stalls, throttles and ends one stream.
#include "serve/faults/stream_faults.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sockbox::serve {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

// Pieces with separate due times; beyond that, bytes share the due time of the last piece.
constexpr std::size_t max_pieces = 1024;

// The size of a burst, as a share of a second's bytes: short enough to be smooth, long enough to
// avoid a wakeup per byte.
constexpr double burst_seconds = 0.05;

// The largest n for which share^n is at least `bound`; 0 < bound <= 1, 0 <= share < 1. By squaring
// instead of log(), which needs libm: see to_duration().
std::uint64_t powers_above(double bound, double share) noexcept {
    std::array<double, 60> powers{share};  // share^(2^i)
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * powers[i - 1];
    std::uint64_t n = 0;
    double reached = 1;
    for (std::size_t i = powers.size(); i-- > 0;) {
        if (reached * powers[i] < bound)
            continue;
        reached *= powers[i];
        n += std::uint64_t{1} << i;
    }
    return n;
}

}  // namespace

StreamFaults::StreamFaults(const Faults& faults, std::uint64_t number, net::Deadline now)
    : faults_(faults),
      corruption_(faults.seed, 2 * number),
      delays_(faults.seed, 2 * number + 1),
      tokens_when_(now) {
    choose_corrupt();
}

// Chooses the next byte to corrupt; the number of bytes spared has a geometric distribution.
void StreamFaults::choose_corrupt() {
    if (faults_.corrupt <= 0) {
        next_corrupt_ = never;
        return;
    }
    if (faults_.corrupt >= 1)
        return;
    next_corrupt_ += powers_above(1 - corruption_.share(), 1 - faults_.corrupt);
}

bool StreamFaults::arrived(std::span<std::byte> data, net::Deadline now) noexcept {
    const std::uint64_t begin = arrived_;
    arrived_ += data.size();
    while (next_corrupt_ < arrived_) {
        std::byte& byte = data[next_corrupt_ - begin];
        byte = corruption_.other_than(byte);
        ++next_corrupt_;
        choose_corrupt();
    }
    net::Deadline due = now + delays_.around(faults_.delay, faults_.jitter);
    if (!pieces_.empty())
        due = std::max(due, pieces_.back().due);  // a stream keeps its order
    return add_piece({arrived_, due});
}

bool StreamFaults::add_piece(const Piece& piece) noexcept {
    if (pieces_.size() >= max_pieces) {
        pieces_.back() = piece;
        return true;
    }
    try {
        pieces_.push_back(piece);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

std::uint64_t StreamFaults::bound() const noexcept {
    return std::min(faults_.close_after.value_or(never), faults_.reset_after.value_or(never));
}

// The position up to which bytes are due.
std::uint64_t StreamFaults::ripe(net::Deadline now) const {
    std::uint64_t end = sent_;
    for (const Piece& piece : pieces_) {
        if (piece.due > now)
            break;
        end = piece.end;
    }
    return std::min(end, bound());
}

double StreamFaults::tokens_at(net::Deadline now) const noexcept {
    const double rate = static_cast<double>(faults_.throttle);
    const std::chrono::duration<double> passed = now - tokens_when_;
    return std::min(std::max(1.0, rate * burst_seconds), tokens_ + passed.count() * rate);
}

std::size_t StreamFaults::may_leave(net::Deadline now) {
    if (faults_.after_stall(now) > now)
        return 0;
    const std::uint64_t end = ripe(now);
    const std::uint64_t ready = end > sent_ ? end - sent_ : 0;
    if (faults_.throttle == 0)
        return ready;
    return std::min(ready, static_cast<std::uint64_t>(tokens_at(now)));
}

net::Deadline StreamFaults::next_leave(net::Deadline now) const {
    if (pieces_.empty() || sent_ >= bound())
        return net::no_deadline;
    net::Deadline next = std::max(now, pieces_.front().due);
    if (faults_.throttle != 0) {
        const double rate = static_cast<double>(faults_.throttle);
        const double waiting = static_cast<double>(pieces_.front().end - sent_);
        const double wanted = std::min(waiting, std::max(1.0, rate * burst_seconds));
        const double missing = std::max(0.0, wanted - tokens_at(now));
        next = std::max(next, now + to_duration(missing / rate));
    }
    return faults_.after_stall(next);
}

void StreamFaults::sent(std::size_t bytes, net::Deadline now) {
    if (faults_.throttle != 0) {
        tokens_ = tokens_at(now) - static_cast<double>(bytes);
        tokens_when_ = now;
    }
    sent_ += bytes;
    while (!pieces_.empty() && pieces_.front().end <= sent_)
        pieces_.pop_front();
}

StreamFaults::End StreamFaults::end() const noexcept {
    if (sent_ < bound())
        return End::none;
    return faults_.reset_after.value_or(never) <= sent_ ? End::reset : End::close;
}

}  // namespace sockbox::serve

// The buffer between sending bytes and comparing their echo.
#include "probe/echo_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace sockbox::probe {
namespace {

// If nothing comes back for so long, the server may be waiting for more.
constexpr std::chrono::milliseconds held_back{20};

Difference first_difference(std::span<const std::byte> expected, std::span<const std::byte> got,
                            std::uint64_t offset) {
    const auto [mine, theirs] = std::mismatch(expected.begin(), expected.end(), got.begin());
    return {offset + static_cast<std::uint64_t>(mine - expected.begin()), *mine, *theirs};
}

}  // namespace

std::string to_text(const Difference& difference) {
    return fmt::format("the echo differs at offset {}: expected 0x{:02x}, got 0x{:02x}",
                       difference.offset, std::to_integer<unsigned>(difference.expected),
                       std::to_integer<unsigned>(difference.got));
}

// One piece more than the capacity, because the first and the last in use may be in use in part.
EchoWindow::EchoWindow(std::size_t capacity, std::size_t piece)
    : piece_(piece), capacity_(capacity), memory_(capacity + piece), limit_(2 * piece) {
    const std::size_t pieces = memory_.size() / piece_;
    in_use_.reserve(pieces);
    spare_.resize(pieces);
    std::iota(spare_.rbegin(), spare_.rend(), 0);
}

// The bytes of the stream from `offset` to the end of their piece.
std::span<std::byte> EchoWindow::piece_at(std::uint64_t offset) {
    const std::size_t number = in_use_[offset / piece_ - first_];
    const std::size_t begin = offset % piece_;
    return memory_.bytes().subspan(number * piece_ + begin, piece_ - begin);
}

std::span<std::byte> EchoWindow::room(std::size_t most) {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return closed_ || added_ - compared_ < limit_; };
    for (std::uint64_t before = compared_; !freed_.wait_for(lock, held_back, has_room);
         before = compared_)
        if (compared_ == before)
            limit_ = std::min(2 * limit_, capacity_);
    if (closed_)
        return {};
    if (added_ / piece_ - first_ == in_use_.size()) {
        in_use_.push_back(spare_.back());
        spare_.pop_back();
    }
    const auto free = piece_at(added_);
    return free.first(std::min({most, free.size(), limit_ - (added_ - compared_)}));
}

void EchoWindow::add(std::size_t count) {
    const std::lock_guard lock(mutex_);
    const auto now = net::Clock::now();
    if (added_ == compared_)
        since_ = now;
    added_ += count;
    if (round_.end <= compared_)
        round_ = {added_, compared_, now};
}

// For the receiver: the bytes that should come next, up to the end of their piece.
std::span<const std::byte> EchoWindow::expected(std::size_t most) {
    const std::lock_guard lock(mutex_);
    if (added_ == compared_)
        return {};
    const auto bytes = piece_at(compared_);
    return bytes.first(std::min<std::uint64_t>({most, bytes.size(), added_ - compared_}));
}

EchoWindow::Compared EchoWindow::compare(std::span<const std::byte> got) {
    while (!got.empty()) {
        const auto ours = expected(got.size());
        if (ours.empty())
            break;
        const auto theirs = got.first(ours.size());
        if (std::memcmp(ours.data(), theirs.data(), ours.size()) != 0)
            return {first_difference(ours, theirs, compared_), 0};
        free(ours.size());
        got = got.subspan(ours.size());
    }
    return {std::nullopt, got.size()};
}

std::size_t EchoWindow::skip(std::size_t count) {
    const auto expected = std::min<std::uint64_t>(count, outstanding().bytes);
    free(expected);
    return count - expected;
}

void EchoWindow::free(std::size_t count) {
    {
        const std::lock_guard lock(mutex_);
        const bool in_round = round_.end > compared_;
        compared_ += count;
        for (; (first_ + 1) * piece_ <= compared_; ++first_) {
            spare_.push_back(in_use_.front());
            in_use_.erase(in_use_.begin());
        }
        if (in_round && round_.end <= compared_)
            end_round();
    }
    freed_.notify_one();
}

// Twice the bytes that a path holds at the highest rate, the product of rate and shortest round,
// keep it busy; while that is more than the limit, the limit is what keeps the rate low.
void EchoWindow::end_round() {
    const std::chrono::nanoseconds elapsed = std::max<std::chrono::nanoseconds>(
        net::Clock::now() - round_.begin, std::chrono::nanoseconds(1));
    shortest_round_ = std::min(shortest_round_, elapsed);
    const std::chrono::duration<double> round(elapsed);
    const std::chrono::duration<double> shortest(shortest_round_);
    const auto held = static_cast<double>(compared_ - round_.compared) * (shortest / round);
    limit_ = std::min(std::max(limit_, static_cast<std::size_t>(2 * held)), capacity_);
}

EchoWindow::Outstanding EchoWindow::outstanding() const {
    const std::lock_guard lock(mutex_);
    return {added_ - compared_, since_};
}

std::size_t EchoWindow::limit() const {
    const std::lock_guard lock(mutex_);
    return limit_;
}

void EchoWindow::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    freed_.notify_one();
}

}  // namespace sockbox::probe

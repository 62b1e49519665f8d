// The ring buffer between sending bytes and comparing their echo.
#include "probe/echo_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace sockbox::probe {
namespace {

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

std::span<std::byte> EchoWindow::room(std::size_t most) {
    std::unique_lock lock(mutex_);
    const auto is_full = [&] { return added_ - compared_ == ring_.size(); };
    freed_.wait(lock, [&] { return closed_ || !is_full(); });
    if (closed_)
        return {};
    const std::size_t begin = index(added_);
    const std::size_t free = ring_.size() - (added_ - compared_);
    return ring_.bytes().subspan(begin, std::min({most, free, ring_.size() - begin}));
}

void EchoWindow::add(std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (added_ == compared_)
        since_ = net::Clock::now();
    added_ += count;
}

EchoWindow::Compared EchoWindow::compare(std::span<const std::byte> got) {
    std::unique_lock lock(mutex_);
    const std::uint64_t from = compared_;
    const std::size_t expected = std::min<std::uint64_t>(got.size(), added_ - from);
    lock.unlock();  // the sender never writes to bytes that it has added
    for (std::size_t done = 0; done < expected;) {
        const std::size_t begin = index(from + done);
        const std::size_t piece = std::min(expected - done, ring_.size() - begin);
        const auto ours = ring_.bytes().subspan(begin, piece);
        const auto theirs = got.subspan(done, piece);
        if (std::memcmp(ours.data(), theirs.data(), piece) != 0)
            return {first_difference(ours, theirs, from + done), 0};
        done += piece;
    }
    free(expected);
    return {std::nullopt, got.size() - expected};
}

std::size_t EchoWindow::skip(std::size_t count) {
    const auto expected = std::min<std::uint64_t>(count, outstanding().bytes);
    free(expected);
    return count - expected;
}

void EchoWindow::free(std::size_t count) {
    {
        const std::lock_guard lock(mutex_);
        compared_ += count;
    }
    freed_.notify_one();
}

EchoWindow::Outstanding EchoWindow::outstanding() const {
    const std::lock_guard lock(mutex_);
    return {added_ - compared_, since_};
}

void EchoWindow::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    freed_.notify_one();
}

}  // namespace sockbox::probe

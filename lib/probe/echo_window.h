// The bytes sent but not echoed yet, which the echo is compared with.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "system/clock.h"
#include "system/memory.h"

namespace sockbox::probe {

// The first byte that differs from what was sent; `offset` counts from the start of the stream.
struct Difference {
    std::uint64_t offset;
    std::byte expected;
    std::byte got;
};

// "the echo differs at offset 5: expected 0x61, got 0x7a"
std::string to_text(const Difference& difference);

// A ring buffer between a sending and a receiving thread. Its capacity in bytes limits what may be
// outstanding. room() and add() are for the sender, compare() and skip() for the receiver, and the
// others for any thread.
class EchoWindow {
  public:
    explicit EchoWindow(std::size_t capacity) : ring_(capacity) {}

    // For the sender: blocks until there is free space and returns up to `most` bytes of it to
    // fill; empty after close(). add() marks the first `count` of these bytes as sent. Call it
    // before the send, because the echo may arrive before the send returns.
    std::span<std::byte> room(std::size_t most);
    void add(std::size_t count);

    // For the receiver: compares received bytes with those expected next and frees them. `surplus`
    // is the number of bytes received beyond everything that was added; after a difference nothing
    // is freed.
    struct Compared {
        std::optional<Difference> difference;
        std::size_t surplus = 0;
    };
    Compared compare(std::span<const std::byte> got);
    // Frees `count` bytes without comparing them; returns the surplus.
    std::size_t skip(std::size_t count);

    // The bytes added but not compared, and since when there have been any.
    struct Outstanding {
        std::uint64_t bytes;
        net::Clock::time_point since;
    };
    Outstanding outstanding() const;

    // Wakes the sender; nothing can be added afterwards.
    void close();

  private:
    std::size_t index(std::uint64_t offset) const { return offset % ring_.size(); }
    void free(std::size_t count);

    net::PageBuffer ring_;
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::uint64_t added_ = 0;
    std::uint64_t compared_ = 0;
    net::Clock::time_point since_{};
    bool closed_ = false;
};

}  // namespace sockbox::probe

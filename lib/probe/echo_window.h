// The bytes sent but not echoed yet, which the echo is compared with.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

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

// A buffer between a sending and a receiving thread, in pieces that are used again and again. What
// may be outstanding is at first two pieces, which stay in the processor's cache, and grows to what
// the path holds, or while the echo is held back, up to the capacity. room() and add() are for the
// sender, compare() and skip() for the receiver, and the others for any thread.
class EchoWindow {
  public:
    // `piece`, in bytes, divides `capacity`, which is at least two of them. Memory that is never
    // used takes up none.
    EchoWindow(std::size_t capacity, std::size_t piece);

    // For the sender: blocks until there is free space and returns up to `most` bytes of it to
    // fill; empty after close(). add() marks the first `count` of these bytes as sent. Call it
    // before the send, because the echo may arrive before the send returns.
    std::span<std::byte> room(std::size_t most);
    void add(std::size_t count);

    // For the receiver: compares received bytes with those expected next and frees them. `surplus`
    // is the number of bytes received beyond everything that was added; after a difference it is 0.
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

    // How many bytes may be outstanding now.
    std::size_t limit() const;

    // Wakes the sender; nothing can be added afterwards.
    void close();

  private:
    // The time that some bytes, the last of them at `end`, take to come back.
    struct Round {
        std::uint64_t end = 0;
        std::uint64_t compared = 0;  // when it began
        net::Clock::time_point begin{};
    };

    std::span<std::byte> piece_at(std::uint64_t offset);
    std::span<const std::byte> expected(std::size_t most);
    void free(std::size_t count);
    void end_round();

    const std::size_t piece_;
    const std::size_t capacity_;
    net::PageBuffer memory_;
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::size_t> in_use_;  // pieces in the order of the stream, from that of compared_
    std::vector<std::size_t> spare_;   // the one used last at the end
    std::uint64_t first_ = 0;          // how many pieces of the stream came before in_use_
    std::uint64_t added_ = 0;
    std::uint64_t compared_ = 0;
    std::size_t limit_;  // for what is outstanding
    Round round_;
    std::chrono::nanoseconds shortest_round_ = std::chrono::nanoseconds::max();
    net::Clock::time_point since_{};
    bool closed_ = false;
};

}  // namespace sockbox::probe

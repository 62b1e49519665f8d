// The bytes that were sent and have not come back yet: what an echo is compared with.
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

// The first place where what came back is not what was sent.
struct Difference {
    std::uint64_t offset;
    std::byte expected;
    std::byte got;
};

// "the echo differs at offset 5: expected 0x61, got 0x7a"
std::string words_of(const Difference& difference);

// A ring between the thread that sends and the one that receives. Its size bounds what may be
// outstanding.
class EchoWindow {
  public:
    explicit EchoWindow(std::size_t capacity) : ring_(capacity) {}

    // For the sender: waits for free space and returns a piece of at most `most` bytes to fill;
    // empty once closed. add() makes the first `count` bytes of it count as sent, so it comes
    // before the send: an echo may be faster than the return from it.
    std::span<std::byte> room(std::size_t most);
    void add(std::size_t count);

    // For the receiver: compares what came with what is expected next and frees that. `surplus` is
    // what came beyond all that was sent.
    struct Compared {
        std::optional<Difference> difference;
        std::size_t surplus = 0;
    };
    Compared compare(std::span<const std::byte> got);
    // Frees as much without a look at it, for whoever does not verify.
    std::size_t skip(std::size_t count);

    // Bytes added and not compared, and since when there are any.
    struct Outstanding {
        std::uint64_t bytes;
        net::Clock::time_point since;
    };
    Outstanding outstanding() const;

    // Ends the sender's waiting; nothing can be added after it.
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

// The faults of one connection: which bytes are changed, and when they may leave.
#pragma once

#include <deque>
#include <span>

#include "serve/faults/faults.h"

namespace sockbox::serve {

// Decisions depend only on the position of a byte in the stream, so a run is repeatable however the
// bytes are split. For one thread; `faults` must outlive the object.
class StreamFaults {
  public:
    // `number` distinguishes the connections of a server.
    StreamFaults(const Faults& faults, std::uint64_t number, net::Deadline now);

    // Takes received bytes and corrupts some of them. Returns false if memory runs out: then none
    // of them may be sent.
    bool arrived(std::span<std::byte> data, net::Deadline now) noexcept;

    // The number of received bytes that may be sent now.
    std::size_t may_leave(net::Deadline now);
    // When may_leave() will be more than now; no_deadline if that depends only on further input.
    net::Deadline next_leave(net::Deadline now) const;
    void sent(std::size_t bytes, net::Deadline now);

    // Whether the connection has reached the end that the faults set for it.
    enum class End : std::uint8_t { none, close, reset };
    End end() const noexcept;

  private:
    struct Piece {
        std::uint64_t end;  // position after its last byte
        net::Deadline due;
    };
    void choose_corrupt();
    bool add_piece(const Piece& piece) noexcept;
    std::uint64_t ripe(net::Deadline now) const;
    std::uint64_t bound() const noexcept;
    double tokens_at(net::Deadline now) const noexcept;

    const Faults& faults_;
    FaultDice corruption_;
    FaultDice delays_;
    std::deque<Piece> pieces_;  // not sent yet, in order
    std::uint64_t arrived_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t next_corrupt_ = 0;
    double tokens_ = 0;  // bytes that the throttle allows at tokens_when_
    net::Deadline tokens_when_;
};

}  // namespace sockbox::serve

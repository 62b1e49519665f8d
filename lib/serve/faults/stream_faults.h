// The faults of one connection: what becomes of its bytes, and when they may leave.
#pragma once

#include <deque>
#include <span>

#include "serve/faults/faults.h"

namespace sockbox::serve {

// Every decision goes by a byte's place in the stream, so that a run repeats whatever pieces the
// bytes come in. By one thread; `faults` outlives it.
class StreamFaults {
  public:
    // `number` tells the connections of a server apart.
    StreamFaults(const Faults& faults, std::uint64_t number, net::Deadline now);

    // Bytes that came in: changes those that are to come back wrong. False where memory lacks: then
    // none of them may leave.
    bool arrived(std::span<std::byte> data, net::Deadline now) noexcept;

    // How many of those that arrived and were not sent may leave now.
    std::size_t may_leave(net::Deadline now);
    // When that is more than now; no_deadline when it depends on nothing but what arrives.
    net::Deadline next_leave(net::Deadline now) const;
    void sent(std::size_t bytes, net::Deadline now);

    // Whether the connection has come to the end that the plan has for it.
    enum class End : std::uint8_t { none, close, reset };
    End end() const noexcept;

  private:
    struct Piece {
        std::uint64_t end;  // place of the first byte behind it
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
    std::deque<Piece> pieces_;  // that wait, in order
    std::uint64_t arrived_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t next_corrupt_ = 0;
    double tokens_ = 0;  // bytes that the throttle lets go, at `tokens_when_`
    net::Deadline tokens_when_;
};

}  // namespace sockbox::serve

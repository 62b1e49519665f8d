// A lane: one connection or socket that carries the messages of a measurement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "net/socket.h"
#include "probe/measured.h"
#include "probe/plan.h"
#include "system/clock.h"

namespace sockbox::probe {

// Used by one thread at a time, and no method blocks.
class Lane {
  public:
    virtual ~Lane() = default;

    virtual net::NativeSocket native() const = 0;  // invalid_socket: nothing to wait for
    // How many sockets it has used, since a new one may get the descriptor of the one before.
    virtual std::uint64_t sockets_used() const = 0;
    virtual bool waits_to_send() const = 0;  // waits for POLLOUT: to send or to connect
    virtual bool can_take(net::Clock::time_point now) const = 0;
    virtual bool is_dead() const = 0;             // will never take another message
    virtual std::size_t outstanding() const = 0;  // messages neither answered nor lost
    virtual net::Deadline next_expiry() const = 0;

    // Starts to connect, if the lane connects before its first message. Called once, before the
    // first message.
    virtual void open() {}
    // Whether the connection is still in progress; it then waits for POLLOUT, and on_ready()
    // completes it.
    virtual bool is_opening() const { return false; }
    // Sends to another address of the server from now on, with a new socket. Fails, and goes on as
    // before, if there is no route to it.
    virtual net::Status move_to(const net::Endpoint& server) = 0;

    // Sends a message, or queues it.
    virtual void take(const Message& message, net::Clock::time_point now) = 0;
    // Sends what take() has queued in order to send it in one batch; called when nothing more is
    // due.
    virtual void flush() {}
    // Sends and receives what it can without blocking. `events` is what poll(2) reported, and
    // `ready_at` is when. `room` is for what is received. Lanes share it, so that it stays in the
    // processor's cache: its content is lost after the call. Empty while the lane is opening.
    virtual void on_ready(int events, net::Clock::time_point ready_at,
                          std::span<std::byte> room) = 0;
    // Whether on_ready() receives all that has arrived (Watched::reads_all).
    virtual bool reads_all() const { return false; }
    // Counts messages that have exceeded their timeout as lost.
    virtual void expire(net::Clock::time_point now) = 0;
    // Adds results that the lane keeps for itself during the run: to a copy of the numbers while it
    // is in progress and, from conclude(), to the numbers themselves.
    virtual void add_results(Measured& numbers) const { static_cast<void>(numbers); }
    // Counts outstanding messages as pending, and adds what add_results() adds.
    virtual void conclude() = 0;
};

// Creates lane `number` (from 0) to an address of the server, which records into `measured`. Called
// by the thread that uses the lane, or before it starts.
using MakeLane = std::function<net::Result<std::unique_ptr<Lane>>(
    std::size_t number, const net::Endpoint& server, const MeasurePlan& plan, Measured& measured)>;

}  // namespace sockbox::probe

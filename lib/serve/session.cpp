// Accounting, timeouts and the drain of one connection.
#include "serve/session.h"

#include <algorithm>

#include "option/tcp_info.h"

namespace sockbox::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// A connection on which no byte has moved for this long has nothing in flight; a drain ends it.
constexpr nanoseconds quiet = milliseconds(200);

// Closing earlier would answer further input with a reset, which may discard data that the peer has
// not read yet.
constexpr nanoseconds linger = milliseconds(300);

}  // namespace

Session::Session(Service& service, Client client, net::Deadline now) noexcept
    : service_(service),
      ticket_(std::move(client.ticket)),
      socket_(std::move(client.socket)),
      began_(now),
      active_(now) {
    if (service_.counts_open())
        service_.counters().open.add();
}

Session::~Session() {
    if (!ended_)
        end(EndReason::failed, net::Clock::now());
    if (service_.counts_open())
        service_.counters().open.subtract();
    if (reset_)
        socket_.abort();
}

void Session::received(std::size_t bytes, net::Deadline now) noexcept {
    received_ += bytes;
    unsent_ += static_cast<std::uint32_t>(bytes);
    active_ = now;
    service_.counters().received_bytes.add(bytes);
}

void Session::sent(std::size_t bytes, net::Deadline now) noexcept {
    unsent_ -= static_cast<std::uint32_t>(bytes);
    active_ = now;
    acknowledged_ = 0;
    service_.counters().sent_bytes.add(bytes);
}

void Session::end(EndReason reason, net::Deadline now, std::error_code error) {
    if (std::exchange(ended_, true))
        return;
    const std::uint64_t lost = lost_bytes(reason);
    service_.counters().end(reason, now - began_, lost);
    service_.observer().ended(
        {ticket_.peer(), received_, received_ - unsent_, lost, now - began_, reason, error});
    ticket_.give_back();
}

// A connection that the server gives up also loses what the kernel holds. Without a reset, the
// kernel still delivers what has been sent.
std::uint64_t Session::lost_bytes(EndReason reason) const noexcept {
    if (reason != EndReason::aborted && reason != EndReason::write_timeout)
        return unsent_;
    const net::TcpQueues queues = net::tcp_queues(socket_);
    return unsent_ + queues.unread + (reset_ ? queues.unacknowledged : 0);
}

void Session::abort(net::Deadline now) {
    const bool loses = !ended_ && (unsent_ > 0 || net::tcp_queues(socket_).unread > 0);
    if (loses)
        reset_at_close();
    end(loses ? EndReason::aborted : EndReason::drained, now);
}

void Session::end_by(const std::error_code& error, net::Deadline now) {
    const bool reset = error == std::errc::connection_reset || error == std::errc::broken_pipe ||
                       error == std::errc::connection_aborted;  // on Windows, from a send
    end(reset ? EndReason::reset : EndReason::failed, now, error);
}

Session::Decision Session::decide_by_timeouts(net::Deadline now, bool has_rest) const {
    const ServeOptions& options = service_.options();
    const nanoseconds still = now - active_;
    if (has_rest && still >= options.write_timeout)
        return {Decision::What::abort, EndReason::write_timeout};
    if (!has_rest && options.idle_timeout && still >= *options.idle_timeout)
        return {Decision::What::send_fin, EndReason::idle};
    return {};
}

// During a drain, connections may end by themselves until the deadline. Shortly before it the
// remaining ones are closed if no received bytes are lost, so that they see a FIN instead of a
// reset. From the deadline on nothing is waited for, whatever has arrived.
// The send buffer of a slow peer becomes writable only when much of it is free, long after the peer
// has begun to take bytes from it.
void Session::note_acknowledged(net::Deadline now) noexcept {
    const auto acknowledged =
        static_cast<std::uint32_t>(net::acknowledged_bytes(socket()).value_or(0));
    const std::uint32_t before = std::exchange(acknowledged_, acknowledged);
    if (before != 0 && acknowledged != 0 && acknowledged != before)
        active_ = now;
}

Session::Decision Session::decide(net::Deadline now, bool has_rest, net::Deadline drain) {
    if (drain == net::no_deadline) {
        if (has_rest)
            note_acknowledged(now);
        return decide_by_timeouts(now, has_rest);
    }
    const nanoseconds left = drain - now;
    const nanoseconds some = service_.options().drain_timeout / 4;
    if (has_rest)
        return left <= nanoseconds(0) ? Decision{Decision::What::abort, EndReason::aborted}
                                      : Decision{};
    const bool is_over = left <= nanoseconds(0);
    if (now - active_ >= std::min(quiet, some))
        return {Decision::What::send_fin, EndReason::drained, is_over};
    if (left <= std::min(linger, some))
        return {Decision::What::send_fin, EndReason::aborted, is_over};
    return {};
}

// A close with unread input resets the connection anyway.
void Session::end_with_fin(const Decision& decision, net::Deadline now, net::Deadline drain) {
    const bool loses = decision.at_once && net::tcp_queues(socket_).unread > 0;
    if (loses)
        reset_at_close();
    end(loses ? EndReason::aborted : decision.reason, now);
    begin_lingering(now, drain);
}

void Session::begin_lingering(net::Deadline now, net::Deadline drain) {
    static_cast<void>(socket_.shutdown(net::ShutdownHow::send));
    active_ = std::min(now + linger, drain);
}

void reject(Service& service, Client&& client, const net::Error& why) {
    service.report_trouble(Trouble::start_worker, why);
    if (!client.socket.valid())
        return;
    const net::Deadline now = net::Clock::now();
    Session(service, std::move(client), now).end(EndReason::failed, now, why.code);
}

}  // namespace sockbox::serve

// Echoes one connection; handles its timeouts and its end.
#include "serve/engines/readiness/connection.h"

#include <cstring>

#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {

// malloc(3) takes 8 bytes more, and rounds up to 16.
static_assert(sizeof(Connection) <= 184);

Connection::Connection(Reactor& reactor, Client client)
    : reactor_(reactor),
      session_(reactor.service(), std::move(client), reactor.now()),
      relay_(reactor.pool()) {
    if (reactor.faults() != nullptr)
        held_ = std::make_unique<HeldBack>(
            StreamFaults(*reactor.faults(), session_.number(), reactor.now()));
}

Connection::~Connection() {
    if (held_ != nullptr && held_->bytes)
        reactor_.pool().give_back(std::move(held_->bytes));
}

void Connection::on_ready() {
    proceed();
    if (over_)
        reactor_.destroy(*this);
}

void Connection::proceed() {
    if (lingering_)
        discard_input();
    else if (held_ != nullptr)
        proceed_with_faults();
    else
        relay();
}

void Connection::relay() {
    const bool had_rest = has_rest();
    const net::Transfer moved = relay_.proceed(session_, reactor_.now());
    if (moved.failed())
        return end_by(moved.error);
    if (moved.end())
        return end(EndReason::finished);
    if (has_rest() != had_rest)
        reactor_.poller().change(native(), *this, had_rest ? Interest::read : Interest::write);
}

void Connection::echo_blocking(BlockedReceivers& receivers) {
    if (lingering_ || has_rest() || relay_.is_bulk())
        return;
    {
        const BlockedReceivers::Stay stay(receivers, session_.socket());
        while (stay.allowed() && echo_once_blocking()) {
        }
    }
    if (over_)
        reactor_.destroy(*this);
    else if (has_rest())
        reactor_.poller().change(native(), *this, Interest::write);
}

// Returns whether the next receive may block.
bool Connection::echo_once_blocking() {
    const net::Transfer got = relay_.receive(session_);
    reactor_.new_turn();  // for the time after the receive
    const net::Transfer moved =
        got.done() ? relay_.send_back(got.bytes, session_, reactor_.now()) : got;
    if (moved.failed())
        end_by(moved.error);
    else if (moved.end())
        end(EndReason::finished);
    return !over_ && moved.done() && !has_rest() && !relay_.is_bulk();
}

void Connection::discard_input() {
    const net::Transfer got = session_.socket().receive(reactor_.pool().buffer());
    if (!got.would_block() && !got.done())
        over_ = true;
}

void Connection::check_time() {
    using What = Session::Decision::What;
    const auto decision = session_.decide(reactor_.now(), has_rest(), reactor_.drain_deadline());
    const bool held_back =
        held_ != nullptr && has_rest() && !held_->blocked && !reactor_.draining();
    if (lingering_) {
        over_ = reactor_.now() >= session_.lingers_until();
    } else if (held_back) {
        return;  // the delay is not the peer's fault
    } else if (decision.what == What::send_fin) {
        begin_lingering(decision);
    } else if (decision.what == What::abort) {
        session_.reset_at_close();
        end(decision.reason);
    }
    if (over_)
        reactor_.destroy(*this);
}

// Sends our FIN; later input is discarded. Input that has already arrived is echoed, and the
// connection continues unless the drain is over.
void Connection::begin_lingering(const Session::Decision& decision) {
    const std::uint64_t before = session_.received_bytes();
    if (decision.reason != EndReason::aborted)
        held_ != nullptr ? proceed_with_faults() : relay();
    if (over_ || (session_.received_bytes() != before && !decision.at_once))
        return;
    if (has_rest()) {
        session_.reset_at_close();
        return end(EndReason::aborted);
    }
    session_.end_with_fin(decision, reactor_.now(), reactor_.drain_deadline());
    lingering_ = true;
}

void Connection::abort() {
    over_ = true;
    session_.abort(reactor_.now());
}

void Connection::end_by(const std::error_code& error) {
    over_ = true;
    session_.end_by(error, reactor_.now());
}

void Connection::end(EndReason reason) {
    over_ = true;
    session_.end(reason, reactor_.now());
}

ConnectionList::~ConnectionList() {
    for_each([this](Connection& connection) { destroy(connection); });
}

void ConnectionList::add(std::unique_ptr<Connection> connection) noexcept {
    Connection* added = connection.release();
    added->next_ = first_;
    if (first_ != nullptr)
        first_->previous_ = added;
    first_ = added;
}

void ConnectionList::destroy(Connection& connection) noexcept {
    if (connection.previous_ != nullptr)
        connection.previous_->next_ = connection.next_;
    else
        first_ = connection.next_;
    if (connection.next_ != nullptr)
        connection.next_->previous_ = connection.previous_;
    delete &connection;
}

// With faults, the connection is read even while bytes are waiting, as long as the buffer has room,
// because each byte has a delay of its own.
void Connection::proceed_with_faults() {
    const bool full = held_->end - held_->begin == BufferPool::buffer_bytes;
    if (!held_->input_over && !full)
        read_ahead();
    else if (const auto error = session_.socket().take_error())
        end_by(error);  // it is not being read, but may have been reset
    if (!over_)
        send_ripe();
}

void Connection::read_ahead() {
    if (!held_->bytes) {
        held_->bytes = reactor_.pool().take_pages();
        held_->begin = held_->end = 0;
    }
    if (!held_->bytes)
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    if (held_->begin > 0) {
        std::memmove(held_->bytes.get(), held_->bytes.get() + held_->begin,
                     held_->end - held_->begin);
        held_->end -= std::exchange(held_->begin, 0);
    }
    const std::span<std::byte> room(held_->bytes.get() + held_->end,
                                    BufferPool::buffer_bytes - held_->end);
    const net::Transfer got = session_.socket().receive(room);
    if (got.failed())
        return end_by(got.error);
    held_->input_over = got.end();
    if (!got.done())
        return;
    session_.received(got.bytes, reactor_.now());
    if (!held_->faults.arrived(room.first(got.bytes), reactor_.now()))
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    held_->end += static_cast<std::uint32_t>(got.bytes);
}

void Connection::send_ripe() {
    const bool was_blocked = std::exchange(held_->blocked, false);
    if (const std::size_t ripe = held_->faults.may_leave(reactor_.now()); ripe > 0) {
        if (!was_blocked)
            session_.released(reactor_.now());
        const net::Transfer put = session_.socket().send({held_->bytes.get() + held_->begin, ripe});
        if (put.failed())
            return end_by(put.error);
        held_->blocked = put.bytes < ripe;
        held_->begin += static_cast<std::uint32_t>(put.bytes);
        session_.sent(put.bytes, reactor_.now());
        held_->faults.sent(put.bytes, reactor_.now());
    }
    if (held_->faults.end() != StreamFaults::End::none)
        return end_by_fault();
    if (held_->input_over && !has_rest())
        return end(EndReason::finished);
    if (!has_rest() && held_->bytes)
        reactor_.pool().give_back(std::move(held_->bytes));
    const bool full = held_->end - held_->begin == BufferPool::buffer_bytes;
    reactor_.poller().change(native(), *this,
                             held_->blocked              ? Interest::write
                             : held_->input_over || full ? Interest::none
                                                         : Interest::read);
}

// Bytes that are still waiting are lost.
void Connection::end_by_fault() {
    if (held_->faults.end() == StreamFaults::End::reset) {
        session_.reset_at_close();
        return end(EndReason::fault);
    }
    session_.end(EndReason::fault, reactor_.now());
    session_.begin_lingering(reactor_.now(), reactor_.drain_deadline());
    held_->begin = held_->end = 0;
    lingering_ = true;
    reactor_.poller().change(native(), *this, Interest::read);
}

net::Deadline Connection::next_leave() const {
    if (lingering_)
        return session_.lingers_until();
    return held_->blocked ? net::no_deadline : held_->faults.next_leave(reactor_.now());
}

void Connection::check_faults() {
    if (lingering_)
        over_ = over_ || reactor_.now() >= session_.lingers_until();
    else if (!held_->blocked && has_rest() && held_->faults.may_leave(reactor_.now()) > 0)
        send_ripe();
    if (over_)
        reactor_.destroy(*this);
}

}  // namespace sockbox::serve

// Echoes one connection; handles its timeouts and its end.
#include "serve/engines/readiness/connection.h"

#include <cstring>

#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {

Connection::Connection(Reactor& reactor, Client client)
    : reactor_(reactor), session_(reactor.service(), std::move(client), reactor.now()) {
    if (reactor.faults() != nullptr)
        faults_ =
            std::make_unique<StreamFaults>(*reactor.faults(), session_.number(), reactor.now());
}

Connection::~Connection() {
    if (rest_)
        reactor_.give_back(std::move(rest_));
}

void Connection::on_ready() {
    proceed();
    if (over_)
        reactor_.destroy(*this);
}

void Connection::proceed() {
    if (lingering_)
        discard_input();
    else if (faults_ != nullptr)
        proceed_with_faults();
    else if (has_rest())
        write_rest();
    else
        read_once();
}

void Connection::read_once() {
    const auto buffer = reactor_.buffer();
    const net::Transfer got = session_.socket().receive(buffer);
    if (got.would_block())
        return;
    if (got.failed())
        return end_by(got.error);
    if (got.end())
        return end(EndReason::finished);
    session_.received(got.bytes, reactor_.now());
    echo(buffer.first(got.bytes));
}

void Connection::echo(std::span<const std::byte> data) {
    const net::Transfer put = session_.socket().send(data);
    if (put.failed())
        return end_by(put.error);
    session_.sent(put.bytes, reactor_.now());
    if (put.bytes < data.size())
        keep(data.subspan(put.bytes));
}

// Keeps what the peer has no room for yet. Nothing more is read until it has been sent.
void Connection::keep(std::span<const std::byte> rest) {
    rest_ = reactor_.take_pages();
    if (!rest_)
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    std::memcpy(rest_.get(), rest.data(), rest.size());
    rest_begin_ = 0;
    rest_end_ = static_cast<std::uint32_t>(rest.size());
    reactor_.poller().change(native(), *this, Interest::write);
}

void Connection::write_rest() {
    const net::Transfer put = session_.socket().send(
        std::span<const std::byte>(rest_.get() + rest_begin_, rest_end_ - rest_begin_));
    if (put.failed())
        return end_by(put.error);
    if (put.would_block())
        return;
    rest_begin_ += static_cast<std::uint32_t>(put.bytes);
    session_.sent(put.bytes, reactor_.now());
    if (has_rest())
        return;
    reactor_.give_back(std::move(rest_));
    reactor_.poller().change(native(), *this, Interest::read);
}

void Connection::discard_input() {
    const net::Transfer got = session_.socket().receive(reactor_.buffer());
    if (!got.would_block() && !got.done())
        over_ = true;
}

void Connection::check_time() {
    using What = Session::Verdict::What;
    const auto verdict = session_.judge(reactor_.now(), has_rest(), reactor_.drain_deadline());
    const bool held_back = faults_ != nullptr && has_rest() && !blocked_ && !reactor_.draining();
    if (lingering_) {
        over_ = reactor_.now() >= linger_until_;
    } else if (held_back) {
        return;  // the delay is not the peer's fault
    } else if (verdict.what == What::goodbye) {
        say_goodbye(verdict.reason);
    } else if (verdict.what == What::abort) {
        session_.reset_at_close();
        end(verdict.reason);
    }
    if (over_)
        reactor_.destroy(*this);
}

// Sends our FIN; later input is discarded. Input that has already arrived is echoed instead.
void Connection::say_goodbye(EndReason reason) {
    const std::uint64_t before = session_.received_bytes();
    if (reason != EndReason::aborted)
        faults_ != nullptr ? proceed_with_faults() : read_once();
    if (over_ || session_.received_bytes() != before)
        return;
    session_.end(reason, reactor_.now());
    static_cast<void>(session_.socket().shutdown(net::ShutdownHow::send));
    lingering_ = true;
    linger_until_ = Session::linger_until(reactor_.now(), reactor_.drain_deadline());
}

void Connection::abort() {
    if (has_rest())
        session_.reset_at_close();
    end(has_rest() ? EndReason::aborted : EndReason::drained);
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

}  // namespace sockbox::serve

// A connection whose bytes are modified and delayed by faults.
#include <cstring>

#include "serve/engines/readiness/connection.h"
#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {

// With faults, the connection is read even while bytes are waiting, as long as the buffer has room,
// because each byte has a delay of its own.
void Connection::proceed_with_faults() {
    const bool full = rest_end_ - rest_begin_ == Reactor::buffer_bytes;
    if (!input_over_ && !full)
        read_ahead();
    else if (const auto error = session_.socket().take_error())
        end_by(error);  // it is not being read, but may have been reset
    if (!over_)
        send_ripe();
}

void Connection::read_ahead() {
    if (!rest_) {
        rest_ = reactor_.take_pages();
        rest_begin_ = rest_end_ = 0;
    }
    if (!rest_)
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    if (rest_begin_ > 0) {
        std::memmove(rest_.get(), rest_.get() + rest_begin_, rest_end_ - rest_begin_);
        rest_end_ -= std::exchange(rest_begin_, 0);
    }
    const std::span<std::byte> room(rest_.get() + rest_end_, Reactor::buffer_bytes - rest_end_);
    const net::Transfer got = session_.socket().receive(room);
    if (got.failed())
        return end_by(got.error);
    input_over_ = got.end();
    if (!got.done())
        return;
    session_.received(got.bytes, reactor_.now());
    if (!faults_->arrived(room.first(got.bytes), reactor_.now()))
        return end_by(std::make_error_code(std::errc::not_enough_memory));
    rest_end_ += static_cast<std::uint32_t>(got.bytes);
}

void Connection::send_ripe() {
    blocked_ = false;
    if (const std::size_t ripe = faults_->may_leave(reactor_.now()); ripe > 0) {
        const net::Transfer put = session_.socket().send({rest_.get() + rest_begin_, ripe});
        if (put.failed())
            return end_by(put.error);
        blocked_ = put.bytes < ripe;
        rest_begin_ += static_cast<std::uint32_t>(put.bytes);
        session_.sent(put.bytes, reactor_.now());
        faults_->sent(put.bytes, reactor_.now());
    }
    if (faults_->end() != StreamFaults::End::none)
        return end_by_fault();
    if (input_over_ && !has_rest())
        return end(EndReason::finished);
    if (!has_rest() && rest_)
        reactor_.give_back(std::move(rest_));
    const bool full = rest_end_ - rest_begin_ == Reactor::buffer_bytes;
    reactor_.poller().change(native(), *this,
                             blocked_              ? Interest::write
                             : input_over_ || full ? Interest::none
                                                   : Interest::read);
}

// Bytes that are still waiting are lost.
void Connection::end_by_fault() {
    if (faults_->end() == StreamFaults::End::reset) {
        session_.reset_at_close();
        return end(EndReason::fault);
    }
    session_.end(EndReason::fault, reactor_.now());
    static_cast<void>(session_.socket().shutdown(net::ShutdownHow::send));
    rest_begin_ = rest_end_ = 0;
    lingering_ = true;
    linger_until_ = Session::linger_until(reactor_.now(), reactor_.drain_deadline());
    reactor_.poller().change(native(), *this, Interest::read);
}

net::Deadline Connection::next_leave() const {
    if (lingering_)
        return linger_until_;
    return blocked_ ? net::no_deadline : faults_->next_leave(reactor_.now());
}

void Connection::check_faults() {
    if (lingering_)
        over_ = over_ || reactor_.now() >= linger_until_;
    else if (!blocked_ && has_rest() && faults_->may_leave(reactor_.now()) > 0)
        send_ripe();
    if (over_)
        reactor_.destroy(*this);
}

}  // namespace sockbox::serve

// Echoes one connection by io_uring completions.
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "serve/engines/linux/io_uring/connection.h"
#include "serve/engines/linux/io_uring/reactor.h"

namespace sockbox::serve {
namespace {

// The number of buffers waiting to be sent at which a multishot receive is stopped, and at which
// nothing more is received if faults hold bytes back.
constexpr std::size_t max_waiting_usually = 16;
constexpr std::size_t max_waiting_held_back = 32;

// Sweeps until a connection is checked for input that was not reported.
constexpr std::uint8_t sweeps_until_check = 2;

// Messages in a row that would have fitted a buffer of the ring, after which relaying ends.
constexpr std::uint8_t small_again = 16;

// ECANCELED comes from stop_receiving().
bool try_again(int result) {
    return result == -EINTR || result == -EAGAIN || result == -ECANCELED;
}

// Whether bytes have arrived that no completion has reported yet. Not by peeking: recv(2) fails at
// the urgent mark while a signal is pending, and poll(2) does not.
bool has_input(const net::Socket& socket) {
    pollfd state{socket.native(), POLLIN, 0};
    return ::poll(&state, 1, 0) > 0;
}

}  // namespace

// malloc(3) takes 8 bytes more, and rounds up to 16.
static_assert(sizeof(RingConnection) <= 184);

RingConnection::RingConnection(RingReactor& reactor, Client client)
    : reactor_(reactor), session_(reactor.service(), std::move(client), reactor.now()) {
    if (reactor.faults() != nullptr)
        faults_ =
            std::make_unique<StreamFaults>(*reactor.faults(), session_.number(), reactor.now());
}

void RingConnection::begin() {
    receiving_ = Receiving::none;
    go_on();
}

// Receives more if what is waiting to be sent allows it.
void RingConnection::go_on() {
    if (closing_ || input_over_)
        return;
    if (receiving_ == Receiving::many && must_stop())
        stop_receiving();
    else if (receiving_ == Receiving::none && (relay_ != nullptr || may_receive()))
        receive();
}

bool RingConnection::must_stop() const noexcept {
    return large_ || (blocked_ && has_rest()) || waiting_.size() >= max_waiting_usually;
}

bool RingConnection::may_receive() const noexcept {
    return faults_ != nullptr ? waiting_.size() < max_waiting_held_back : !has_rest();
}

void RingConnection::blocked() {
    if (!sending_ || closing_)
        return;
    blocked_ = true;
    go_on();
}

// A signal that interrupts a receive at the urgent mark (tcp(7)) leaves it waiting although bytes
// are there. Signals are blocked in this thread, but not SIGSTOP, nor a debugger. So a connection
// on which nothing has arrived for a whole interval between sweeps is checked, once.
void RingConnection::check_input() {
    const bool draining = reactor_.drain_deadline() != net::no_deadline;
    const bool due = sweeps_left_ > 0 ? --sweeps_left_ == 0 : draining;
    if (due && is_receiving() && has_input(session_.socket()))
        stop_receiving();
}

// With faults by one buffer at a time: a multishot receive fills many before it can be stopped.
void RingConnection::receive() {
    if (large_ && relay_ == nullptr)
        begin_relaying();
    else if (!large_ && relay_ != nullptr && !relay_->has_rest())
        end_relaying();
    if (relay_ != nullptr) {
        reactor_.ring().wait_for(native(), relay_->has_rest() ? POLLOUT : POLLIN, as_receive());
        receiving_ = Receiving::poll;
    } else if (faults_ != nullptr) {
        reactor_.ring().receive(native(), as_receive());
        receiving_ = Receiving::one;
    } else {
        reactor_.ring().receive_multishot(native(), as_receive());
        receiving_ = Receiving::many;
    }
}

// Without memory for that, messages go on as small ones.
void RingConnection::begin_relaying() {
    std::unique_ptr<Relay> relay(new (std::nothrow) Relay(reactor_.pool()));
    large_ = relay != nullptr && session_.socket().set_blocking(false).has_value();
    if (large_)
        relay_ = std::move(relay);
    small_in_a_row_ = 0;
}

// A multishot receive completes at once on a non-blocking socket, instead of waiting.
void RingConnection::end_relaying() {
    if (session_.socket().set_blocking(true))
        relay_.reset();
}

void RingConnection::stop_receiving() {
    if (!std::exchange(stopping_, true))
        reactor_.ring().cancel(as_receive());
}

void RingConnection::on_completion(int result, unsigned flags) {
    sweeps_left_ = sweeps_until_check;
    reactor_.check_later();
    const bool relayed = receiving_ == Receiving::poll;
    if ((flags & IORING_CQE_F_MORE) == 0) {
        receiving_ = Receiving::none;
        stopping_ = false;
    }
    relayed ? on_ready(result) : on_received(result, flags);
}

void RingConnection::on_received(int result, unsigned flags) {
    if ((flags & IORING_CQE_F_BUFFER) != 0) {
        RingBuffer& buffer = reactor_.ring().buffers().filled(
            flags, static_cast<std::uint32_t>(std::max(result, 0)));
        if (result <= 0 || closing_ || lingering_)
            reactor_.give_back(buffer);
        else if (!take(buffer))
            return end_by(ENOMEM);
    }
    if (closing_)
        return reactor_.remove_if_gone(*this);
    if (receiving_ == Receiving::none)
        return end_of_receive(result);
    go_on();
}

// Returns false if the faults run out of memory. With faults nothing is relayed, because they hold
// back buffers of the ring.
bool RingConnection::take(RingBuffer& buffer) {
    session_.received(buffer.end, reactor_.now());
    if (faults_ == nullptr) {
        large_ = large_ || buffer.end == reactor_.ring().buffers().shape().buffer_bytes;
    } else if (!faults_->arrived({buffer.data, buffer.end}, reactor_.now())) {
        reactor_.give_back(buffer);
        return false;
    }
    keep(buffer);
    if (!sending_)
        send();
    return true;
}

void RingConnection::on_ready(int result) {
    if (closing_)
        return reactor_.remove_if_gone(*this);
    if (result < 0)
        return end_of_receive(result);
    lingering_ ? discard_input() : relay();
}

void RingConnection::relay() {
    const net::Transfer moved = relay_->proceed(session_, reactor_.now());
    if (moved.failed()) {
        session_.end_by(moved.error, reactor_.now());
        return close();
    }
    input_over_ = moved.end();
    if (input_over_)
        return finish_if_all_sent();
    if (moved.bytes >= reactor_.ring().buffers().shape().buffer_bytes)
        small_in_a_row_ = 0;
    else if (!moved.would_block() && ++small_in_a_row_ >= small_again)
        large_ = false;
    go_on();
}

void RingConnection::discard_input() {
    const net::Transfer got = session_.socket().receive(reactor_.pool().buffer());
    if (got.done() || got.would_block())
        return go_on();
    close();
}

// A receive has ended: because of EOF or an error, or may another follow?
void RingConnection::end_of_receive(int result) {
    if (result == -ENOBUFS) {
        receiving_ = Receiving::awaits_buffer;
        return reactor_.wait_for_buffer(*this);
    }
    if (result > 0 || try_again(result))
        return go_on();
    if (lingering_)
        return close();
    if (result < 0)
        return end_by(-result);
    input_over_ = true;
    finish_if_all_sent();
}

// Sends nothing if faults hold back the first buffer.
void RingConnection::send() {
    if (faults_ == nullptr && reactor_.ring().has_few_completions())
        send_directly();
    if (waiting_.empty())
        return;
    const RingBuffer& first = waiting_.first();
    std::size_t bytes = first.end - first.begin;
    if (faults_ != nullptr)
        bytes = std::min(bytes, faults_->may_leave(reactor_.now()));
    if (bytes == 0)
        return;
    if (faults_ != nullptr)
        session_.released(reactor_.now());
    reactor_.ring().send(native(), {first.data + first.begin, bytes}, as_send());
    sending_ = true;
    reactor_.send_started(*this);
}

// Many sends that the ring submits together cost one system call. A single one would cost another
// io_uring_enter(2), because its completion ends the wait for the next input.
void RingConnection::send_directly() {
    while (!waiting_.empty()) {
        const RingBuffer& first = waiting_.first();
        const ssize_t put = ::send(native(), first.data + first.begin, first.end - first.begin,
                                   MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put <= 0)
            return;  // the ring waits for the peer, or reports the error
        note_sent(static_cast<std::size_t>(put));
    }
}

void RingConnection::note_sent(std::size_t bytes) {
    session_.sent(bytes, reactor_.now());
    RingBuffer& first = waiting_.first();
    first.begin += static_cast<std::uint32_t>(bytes);
    if (first.begin == first.end)
        reactor_.give_back(waiting_.pop());
}

void RingConnection::on_sent(int result) {
    sending_ = blocked_ = false;
    reactor_.send_ended(*this);
    if (closing_)
        return close();
    if (try_again(result))
        return send();
    if (result < 0)
        return end_by(-result);
    note_sent(static_cast<std::size_t>(result));
    if (faults_ != nullptr) {
        faults_->sent(static_cast<std::size_t>(result), reactor_.now());
        if (faults_->end() != StreamFaults::End::none)
            return end_by_fault();
    }
    if (!waiting_.empty())
        send();
    if (input_over_)
        return finish_if_all_sent();
    go_on();
}

void RingConnection::finish_if_all_sent() {
    if (!input_over_ || has_rest())
        return;
    session_.end(EndReason::finished, reactor_.now());
    close();
}

void RingConnection::check_time() {
    using What = Session::Decision::What;
    if (closing_)
        return;
    if (lingering_) {
        if (reactor_.now() >= session_.lingers_until())
            close();
        return;
    }
    check_input();
    const bool draining = reactor_.drain_deadline() != net::no_deadline;
    if (faults_ != nullptr && has_rest() && !sending_ && !draining)
        return;  // held back, which is not the peer's fault
    const auto decision = session_.decide(reactor_.now(), has_rest(), reactor_.drain_deadline());
    if (decision.what == What::send_fin) {
        begin_lingering(decision);
    } else if (decision.what == What::abort) {
        session_.reset_at_close();
        session_.end(decision.reason, reactor_.now());
        close();
    }
}

// Sends our FIN; later input is discarded. Input that has already arrived is echoed instead; at the
// end of the drain it is lost.
void RingConnection::begin_lingering(const Session::Decision& decision) {
    if (decision.reason != EndReason::aborted && !decision.at_once && has_input(session_.socket()))
        return;
    session_.end_with_fin(decision, reactor_.now(), reactor_.drain_deadline());
    lingering_ = true;
}

void RingConnection::abort() {
    if (closing_)
        return;
    session_.abort(reactor_.now());
    close();
}

void RingConnection::end_by(int error) {
    session_.end_by({error, std::system_category()}, reactor_.now());
    close();
}

// Cancels the operations in progress; the last completion destroys the connection. Until then the
// kernel may use its buffers. Shutting the socket down would have the same effect, but the sandbox
// refuses that: it also turns a listener into a socket that can connect.
void RingConnection::close() {
    const bool first = !std::exchange(closing_, true);
    RingTurn::leave();
    if (is_receiving())
        stop_receiving();
    if (sending_ && first)
        reactor_.ring().cancel(as_send());
    if (!sending_)
        give_back_waiting();
    reactor_.remove_if_gone(*this);
}

void RingConnection::give_back_waiting() {
    while (!waiting_.empty())
        reactor_.give_back(waiting_.pop());
}

// Merges small messages that have to wait into shared buffers. Behind the bytes that are being sent
// there may be room, too: the kernel has been given their length.
void RingConnection::keep(RingBuffer& buffer) {
    RingBuffer* last = waiting_.empty() ? nullptr : &waiting_.last();
    if (last == nullptr || last->home->shape().buffer_bytes - last->end < buffer.end)
        return waiting_.push(buffer);
    std::memcpy(last->data + last->end, buffer.data, buffer.end);
    last->end += buffer.end;
    reactor_.give_back(buffer);
}

net::Deadline RingConnection::next_leave() const {
    if (closing_ || sending_)
        return net::no_deadline;
    return lingering_ ? session_.lingers_until() : faults_->next_leave(reactor_.now());
}

void RingConnection::check_faults() {
    if (lingering_)
        check_time();
    else if (!closing_ && !sending_ && has_rest())
        send();
}

// Bytes that are still waiting are lost.
void RingConnection::end_by_fault() {
    session_.end(EndReason::fault, reactor_.now());
    closing_ = faults_->end() == StreamFaults::End::reset;
    RingTurn::leave();
    give_back_waiting();
    if (closing_) {
        session_.reset_at_close();
        return is_receiving() ? stop_receiving() : reactor_.remove_if_gone(*this);
    }
    if (input_over_)
        return close();
    session_.begin_lingering(reactor_.now(), reactor_.drain_deadline());
    lingering_ = true;
    go_on();
}

}  // namespace sockbox::serve

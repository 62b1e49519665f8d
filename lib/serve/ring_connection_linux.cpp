// The echo of one connection by completions.
#include "serve/ring_connection_linux.h"

#include <algorithm>
#include <cerrno>

#include "serve/ring_reactor_linux.h"

namespace sockbox::serve {
namespace {

bool try_again(int result) {
    return result == -EINTR || result == -EAGAIN;
}

// Whether bytes have arrived that no completion has told of yet.
bool has_input(const net::Socket& socket) {
    char byte = 0;
    return ::recv(socket.native(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

RingConnection::RingConnection(RingReactor& reactor, Client client)
    : reactor_(reactor), session_(reactor.service(), std::move(client), reactor.now()) {}

void RingConnection::receive() {
    reactor_.ring().receive(native(), received_);
    receiving_ = true;
}

void RingConnection::on_received(int result, unsigned flags) {
    receiving_ = false;
    Piece piece;
    if ((flags & IORING_CQE_F_BUFFER) != 0)
        piece = {flags >> IORING_CQE_BUFFER_SHIFT, 0,
                 static_cast<std::uint32_t>(std::max(result, 0)), true};
    if (result <= 0)
        release(piece);
    if (closing_ || lingering_) {
        release(piece);
        if (closing_)
            return reactor_.remove_if_gone(*this);
        return result > 0 || try_again(result) ? receive() : close();
    }
    if (result > 0)
        return take(piece);
    if (result == -ENOBUFS)
        return reactor_.wait_for_buffer(*this);
    if (try_again(result))
        return receive();
    if (result < 0)
        return end_by(-result);
    input_over_ = true;
    finish_if_all_sent();
}

void RingConnection::take(Piece piece) {
    session_.received(piece.end, reactor_.now());
    if (has_rest()) {
        next_ = piece;  // not read again until what is before it is out
        return;
    }
    outgoing_ = piece;
    send();
    receive();
}

void RingConnection::send() {
    const auto data = reactor_.ring().buffer(outgoing_.buffer);
    reactor_.ring().send(native(), data.subspan(outgoing_.begin, outgoing_.end - outgoing_.begin),
                         sent_);
    sending_ = true;
    reactor_.send_started();
}

void RingConnection::on_sent(int result) {
    sending_ = false;
    reactor_.send_ended();
    if (closing_)
        return close();
    if (try_again(result))
        return send();
    if (result < 0)
        return end_by(-result);
    session_.sent(static_cast<std::size_t>(result), reactor_.now());
    outgoing_.begin += static_cast<std::uint32_t>(result);
    if (has_rest())
        return send();
    release(outgoing_);
    if (!next_.empty()) {
        outgoing_ = std::exchange(next_, {});
        send();
        return receive();
    }
    finish_if_all_sent();
}

void RingConnection::finish_if_all_sent() {
    if (!input_over_ || has_rest())
        return;
    session_.end(EndReason::finished, reactor_.now());
    close();
}

void RingConnection::check_time() {
    using What = Session::Verdict::What;
    if (closing_)
        return;
    if (lingering_) {
        if (reactor_.now() >= linger_until_)
            close();
        return;
    }
    const auto verdict = session_.judge(reactor_.now(), has_rest(), reactor_.drain_deadline());
    if (verdict.what == What::goodbye) {
        say_goodbye(verdict.reason);
    } else if (verdict.what == What::abort) {
        session_.reset_at_close();
        session_.end(verdict.reason, reactor_.now());
        close();
    }
}

// Our FIN, after which input is only dropped. Input that is there already is echoed instead.
void RingConnection::say_goodbye(EndReason reason) {
    if (reason != EndReason::aborted && has_input(session_.socket()))
        return;
    static_cast<void>(session_.socket().shutdown(net::ShutdownHow::send));
    session_.end(reason, reactor_.now());
    lingering_ = true;
    linger_until_ = Session::linger_until(reactor_.now(), reactor_.drain_deadline());
}

void RingConnection::abort() {
    if (has_rest())
        session_.reset_at_close();
    session_.end(has_rest() ? EndReason::aborted : EndReason::drained, reactor_.now());
    close();
}

void RingConnection::end_by(int error) {
    session_.end_by({error, std::system_category()}, reactor_.now());
    close();
}

// Operations under way are ended by shutting the socket down; the last one to complete destroys
// the connection.
void RingConnection::close() {
    closing_ = true;
    if (receiving_ || sending_)
        static_cast<void>(session_.socket().shutdown(net::ShutdownHow::both));
    if (!sending_) {
        release(outgoing_);
        release(next_);
    }
    reactor_.remove_if_gone(*this);
}

void RingConnection::release(Piece& piece) {
    if (piece.held)
        reactor_.give_back(piece.buffer);
    piece = {};
}

}  // namespace sockbox::serve

// Echoes one connection with WSARecv and WSASend.
#include "serve/engines/windows/iocp/connection.h"

#include <algorithm>
#include <cstring>

#include "serve/engines/windows/iocp/loop.h"

namespace sockbox::serve {
namespace {

// A send completes when all of it is done, so short sends reveal that a slow peer accepts bytes.
constexpr std::size_t send_bytes = 16 * 1024;

// Whether bytes have arrived that no completion has reported yet.
bool has_input(const net::Socket& socket) {
    u_long waiting = 0;
    return ::ioctlsocket(socket.native(), FIONREAD, &waiting) == 0 && waiting > 0;
}

}  // namespace

IocpConnection::IocpConnection(IocpLoop& loop, Client client)
    : loop_(loop), session_(loop.service(), std::move(client), net::Clock::now()) {}

void IocpConnection::start(List::iterator place) {
    place_ = place;
    if (auto added = loop_.port().add(session_.socket()); !added) {
        loop_.service().report_trouble(Trouble::accept, added.error());
        end_by(added.error().code);
    } else {
        await_input();
    }
    destroy_if_gone();
}

void IocpConnection::await_input() {
    WSABUF none{0, nullptr};
    DWORD flags = 0;
    begin();
    started(::WSARecv(session_.socket().native(), &none, 1, nullptr, &flags, this, nullptr));
}

void IocpConnection::send_rest() {
    WSABUF part{static_cast<ULONG>(std::min(rest_end_ - rest_begin_, send_bytes)),
                static_cast<char*>(static_cast<void*>(rest_.get() + rest_begin_))};
    begin();
    started(::WSASend(session_.socket().native(), &part, 1, nullptr, 0, this, nullptr));
}

void IocpConnection::started(int result) {
    if (result == 0 || ::WSAGetLastError() == WSA_IO_PENDING)
        return;
    const std::error_code error = net::platform::last_error();
    failed_at_once();
    end_by(error);
}

void IocpConnection::done(std::size_t bytes, int code) {
    if (!closing_) {
        if (code != 0)
            end_by({code, net::platform::error_category()});
        else if (has_rest())
            rest_sent(bytes);
        else
            read_once();
    }
    destroy_if_gone();
}

void IocpConnection::read_once() {
    const auto buffer = loop_.buffer();
    const net::Transfer got = session_.socket().receive(buffer);
    if (got.failed())
        return end_by(got.error);
    if (got.end())
        return end(EndReason::finished);
    if (lingering_ || got.would_block())
        return await_input();
    session_.received(got.bytes, net::Clock::now());
    echo(buffer.first(got.bytes));
}

void IocpConnection::echo(std::span<const std::byte> data) {
    const net::Transfer put = session_.socket().send(data);
    if (put.failed())
        return end_by(put.error);
    session_.sent(put.bytes, net::Clock::now());
    if (put.bytes < data.size())
        keep(data.subspan(put.bytes));
    else
        await_input();
}

// Keeps what the peer has no room for yet. Nothing more is read until it has been sent.
void IocpConnection::keep(std::span<const std::byte> rest) {
    rest_ = net::allocate_pages(rest.size());
    if (!rest_)
        return end_by(net::platform::error_of(std::errc::not_enough_memory));
    std::memcpy(rest_.get(), rest.data(), rest.size());
    rest_begin_ = 0;
    rest_end_ = rest.size();
    send_rest();
}

void IocpConnection::rest_sent(std::size_t bytes) {
    rest_begin_ += bytes;
    session_.sent(bytes, net::Clock::now());
    if (has_rest())
        return send_rest();
    rest_.reset();
    await_input();
}

void IocpConnection::check_time() {
    if (closing_)
        return;
    if (!lingering_)
        decide();
    else if (net::Clock::now() >= session_.lingers_until())
        close();
    destroy_if_gone();
}

void IocpConnection::decide() {
    using What = Session::Decision::What;
    const net::Deadline now = net::Clock::now();
    const auto decision = session_.decide(now, has_rest(), loop_.drain_deadline());
    if (decision.what == What::send_fin) {
        begin_lingering(decision);
    } else if (decision.what == What::abort) {
        session_.reset_at_close();
        end(decision.reason);
    }
}

// Sends our FIN; later input is discarded. Input that has already arrived is echoed instead.
// At the end of the drain it is lost.
void IocpConnection::begin_lingering(const Session::Decision& decision) {
    if (decision.reason != EndReason::aborted && !decision.at_once && has_input(session_.socket()))
        return;
    session_.end_with_fin(decision, net::Clock::now(), loop_.drain_deadline());
    lingering_ = true;
}

void IocpConnection::abort() {
    if (closing_)
        return;
    session_.abort(net::Clock::now());
    close();
    destroy_if_gone();
}

void IocpConnection::end_by(const std::error_code& error) {
    session_.end_by(error, net::Clock::now());
    close();
}

void IocpConnection::end(EndReason reason) {
    session_.end(reason, net::Clock::now());
    close();
}

// A pending operation still refers to this object: destroy it when the operation completes, which
// cancelling makes soon.
void IocpConnection::close() {
    closing_ = true;
    if (pending())
        ::CancelIoEx(reinterpret_cast<HANDLE>(session_.socket().native()), this);
}

void IocpConnection::destroy_if_gone() {
    if (closing_ && !pending())
        loop_.destroy(place_);
}

}  // namespace sockbox::serve

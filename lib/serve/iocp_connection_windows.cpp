// The echo of one connection by WSARecv and WSASend.
#include "serve/iocp_connection_windows.h"

#include <algorithm>

namespace sockbox::serve {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t buffer_bytes = 64 * 1024;

// A send is done when all of it is: in smaller ones a slow peer is seen to take bytes.
constexpr std::size_t send_bytes = 16 * 1024;

// As of the connections of the other engines: what has nothing under way, and how long the peer's
// own FIN is waited for after ours.
constexpr milliseconds quiet{200};
constexpr milliseconds linger_time{300};

char* chars(std::byte* bytes) {
    return static_cast<char*>(static_cast<void*>(bytes));
}

}  // namespace

IocpConnection::IocpConnection(Service& service, const Drain& drain, Client client)
    : service_(service),
      drain_(drain),
      client_(std::move(client)),
      buffer_(allocate_pages(buffer_bytes)) {
    service_.counters().open.add();
}

IocpConnection::~IocpConnection() {
    service_.counters().open.subtract();
}

bool IocpConnection::start(CompletionPort& port) {
    if (!buffer_) {
        end_by(WSAENOBUFS);
    } else if (auto added = port.add(client_.socket); !added) {
        service_.tell(Trouble::accept, added.error());
        end(EndReason::failed, added.error().code);
        close(true);
    } else {
        receive();
    }
    return !over();
}

void IocpConnection::receive() {
    WSABUF part{static_cast<ULONG>(buffer_bytes), chars(buffer_.get())};
    DWORD flags = 0;
    begin();
    if (::WSARecv(client_.socket.native(), &part, 1, nullptr, &flags, this, nullptr) == 0 ||
        ::WSAGetLastError() == WSA_IO_PENDING)
        return;
    failed_at_once();
    end_by(::WSAGetLastError());
}

void IocpConnection::send() {
    WSABUF part{static_cast<ULONG>(std::min(rest_end_ - rest_begin_, send_bytes)),
                chars(buffer_.get() + rest_begin_)};
    begin();
    if (::WSASend(client_.socket.native(), &part, 1, nullptr, 0, this, nullptr) == 0 ||
        ::WSAGetLastError() == WSA_IO_PENDING)
        return;
    failed_at_once();
    end_by(::WSAGetLastError());
}

void IocpConnection::done(std::size_t bytes, int code) {
    if (over_)
        return;
    if (code != 0)
        end_by(code);
    else if (sending())
        sent(bytes);
    else
        received(bytes);
}

void IocpConnection::received(std::size_t bytes) {
    if (bytes == 0) {
        if (!lingering_)
            end(EndReason::finished);
        return close(false);
    }
    if (lingering_)
        return receive();
    active_ = net::Clock::now();
    received_bytes_ += bytes;
    service_.counters().received_bytes.add(bytes);
    rest_begin_ = 0;
    rest_end_ = bytes;
    send();
}

void IocpConnection::sent(std::size_t bytes) {
    active_ = net::Clock::now();
    rest_begin_ += bytes;
    sent_bytes_ += bytes;
    service_.counters().sent_bytes.add(bytes);
    if (sending())
        send();
    else
        receive();
}

void IocpConnection::check_time(net::Deadline now) {
    if (over_)
        return;
    if (lingering_) {
        if (now >= active_)
            close(false);
    } else if (drain_.begun) {
        check_drain(now, now - active_);
    } else {
        check_timeouts(now - active_);
    }
}

void IocpConnection::check_timeouts(std::chrono::nanoseconds still) {
    const ServeOptions& options = service_.options();
    if (sending() && still >= options.write_timeout) {
        end(EndReason::write_timeout);
        close(true);
    } else if (!sending() && options.idle_timeout && still >= *options.idle_timeout) {
        say_goodbye(EndReason::idle, net::Clock::now());
    }
}

void IocpConnection::check_drain(net::Deadline now, std::chrono::nanoseconds still) {
    const auto left = drain_.deadline - now;
    const auto timeout = service_.options().drain_timeout;
    if (sending()) {
        if (left <= milliseconds(0))
            abort();
    } else if (still >= std::min<std::chrono::nanoseconds>(quiet, timeout / 4)) {
        say_goodbye(EndReason::drained, now);
    } else if (left <= std::min<std::chrono::nanoseconds>(linger_time, timeout / 4)) {
        say_goodbye(EndReason::aborted, now);
    }
}

// Our FIN; the receive that is under way goes on, and what it gets is dropped.
void IocpConnection::say_goodbye(EndReason reason, net::Deadline now) {
    static_cast<void>(client_.socket.shutdown(net::ShutdownHow::send));
    end(reason);
    lingering_ = true;
    active_ = std::min(now + linger_time, drain_.deadline);
}

void IocpConnection::abort() {
    if (over_)
        return;
    if (!lingering_)
        end(sending() ? EndReason::aborted : EndReason::drained);
    close(sending());
}

void IocpConnection::end_by(int code) {
    const std::error_code error(code, net::platform::error_category());
    const bool reset = error == std::errc::connection_reset || error == std::errc::broken_pipe ||
                       error == std::errc::connection_aborted;
    if (!lingering_)
        end(reset ? EndReason::reset : EndReason::failed, error);
    close(false);
}

// Tells of the end, once.
void IocpConnection::end(EndReason reason, std::error_code error) {
    if (std::exchange(told_, true))
        return;
    const auto duration = net::Clock::now() - began_;
    service_.counters().end(reason, duration, received_bytes_ - sent_bytes_);
    service_.observer().ended(
        {client_.ticket.peer(), received_bytes_, sent_bytes_, duration, reason, error});
}

// An operation under way is done then, with a failure.
void IocpConnection::close(bool with_reset) {
    over_ = true;
    if (pending())
        ::CancelIoEx(reinterpret_cast<HANDLE>(client_.socket.native()), this);
    if (with_reset)
        client_.socket.abort();
    else
        client_.socket.close();
}

}  // namespace sockbox::serve

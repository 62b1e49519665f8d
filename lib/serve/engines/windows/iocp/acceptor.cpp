// Keeps several AcceptEx operations pending.
#include "serve/engines/windows/iocp/acceptor.h"

#include <algorithm>
#include <array>

#include "net/windows/winsock.h"
#include "serve/engines/loop_duties.h"
#include "serve/engines/windows/iocp/loop.h"

namespace sockbox::serve {
namespace {

// Clients that can be accepted without a turn of the loop.
constexpr std::size_t accepts_at_once = 16;

}  // namespace

class IocpAcceptor::Accept final : public Operation {
  public:
    Accept(IocpLoop& loop, const net::Socket& listener, LPFN_ACCEPTEX call)
        : loop_(loop), listener_(listener), call_(call) {}

    void start();
    void done(std::size_t bytes, int code) override;
    const AcceptPause& pause() const noexcept { return pause_; }
    void stop() noexcept { pause_.cancel(); }

  private:
    // AcceptEx requires room for each address plus 16 bytes.
    static constexpr DWORD address_room = sizeof(sockaddr_in6) + 16;

    net::Socket take_accepted();
    void failed(const std::error_code& error);

    IocpLoop& loop_;
    const net::Socket& listener_;
    LPFN_ACCEPTEX call_;
    net::Socket socket_;
    std::array<std::byte, 2 * address_room> addresses_{};
    AcceptPause pause_;
};

void IocpAcceptor::Accept::start() {
    pause_.cancel();
    const auto local = listener_.local();
    auto socket =
        net::Socket::open(local ? local->family() : net::Family::ipv4, net::Transport::tcp);
    if (!socket)
        return failed(socket.error().code);
    socket_ = std::move(*socket);
    DWORD unused = 0;
    begin();
    if (call_(listener_.native(), socket_.native(), addresses_.data(), 0, address_room,
              address_room, &unused, this) ||
        ::WSAGetLastError() == WSA_IO_PENDING)
        return;
    const std::error_code error = net::platform::last_error();
    failed_at_once();
    failed(error);
}

void IocpAcceptor::Accept::done(std::size_t /*bytes*/, int code) {
    if (code == 0)
        loop_.service().accept_client(take_accepted(), loop_.sink());
    if (loop_.draining())
        return socket_.close();
    const std::error_code error(code, net::platform::error_category());
    // An aborted connection concerns only that client.
    if (code == 0 || error == std::errc::connection_reset || error == std::errc::connection_aborted)
        start();
    else
        failed(error);
}

// Without SO_UPDATE_ACCEPT_CONTEXT the new socket has no addresses and cannot be shut down.
net::Socket IocpAcceptor::Accept::take_accepted() {
    const SOCKET listener = listener_.native();
    ::setsockopt(socket_.native(), SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                 static_cast<const char*>(static_cast<const void*>(&listener)), sizeof listener);
    static_cast<void>(socket_.set_blocking(false));
    return std::move(socket_);
}

void IocpAcceptor::Accept::failed(const std::error_code& error) {
    loop_.service().counters().accept_failures.add();
    loop_.service().report_trouble(Trouble::accept, {error, "accept", {}, {}, {}});
    pause_.begin(loop_.now());
}

IocpAcceptor::IocpAcceptor(IocpLoop& loop, net::Socket listener)
    : loop_(loop), listener_(std::move(listener)) {}

IocpAcceptor::~IocpAcceptor() = default;

net::Status IocpAcceptor::start() {
    if (auto added = loop_.port().add(listener_); !added)
        return added;
    const LPFN_ACCEPTEX call = net::extension_call<LPFN_ACCEPTEX>(listener_, WSAID_ACCEPTEX);
    if (call == nullptr)
        return net::fail_last("find AcceptEx");
    for (std::size_t i = 0; i < accepts_at_once; ++i) {
        accepts_.push_back(std::make_unique<Accept>(loop_, listener_, call));
        accepts_.back()->start();
    }
    return {};
}

void IocpAcceptor::check_time(net::Deadline now) {
    for (const auto& accept : accepts_)
        if (!accept->pending() && accept->pause().is_over(now))
            accept->start();
}

net::Deadline IocpAcceptor::resumes() const noexcept {
    net::Deadline next = net::no_deadline;
    for (const auto& accept : accepts_)
        next = std::min(next, accept->pause().ends());
    return next;
}

void IocpAcceptor::finish() {
    static_cast<void>(listener_.set_blocking(false));
    for (LastAccepts accepts; accepts.another();) {
        net::Accepted accepted = net::accept(listener_, false);
        if (!accepted.transfer.done())
            break;
        loop_.service().accept_client(std::move(accepted.socket), loop_.sink());
    }
    for (const auto& accept : accepts_)
        accept->stop();
    ::CancelIoEx(reinterpret_cast<HANDLE>(listener_.native()), nullptr);
    listener_.close();
}

bool IocpAcceptor::over() const noexcept {
    return !listener_.valid() && std::none_of(accepts_.begin(), accepts_.end(),
                                              [](const auto& accept) { return accept->pending(); });
}

}  // namespace sockbox::serve

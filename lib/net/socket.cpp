// Socket methods, each a system call that has the same form on every platform.
#include "net/socket.h"

#include <algorithm>
#include <array>
#include <limits>

#include "net/signals.h"

namespace sockbox::net {
namespace {

const char* chars(const std::byte* bytes) {
    return static_cast<const char*>(static_cast<const void*>(bytes));
}
char* chars(std::byte* bytes) {
    return static_cast<char*>(static_cast<void*>(bytes));
}

IoLength io_length(std::size_t size) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<IoLength>::max());
    return static_cast<IoLength>(std::min(size, most));
}

bool interrupted(const std::error_code& error) {
    return error == std::errc::interrupted;
}

Transfer failure(const std::error_code& error) {
    if (platform::would_block(error.value()))
        return {Transfer::State::would_block, 0, {}};
    return {Transfer::State::failed, 0, error};
}

// Repeats the call as long as signals interrupt it.
template <class Call>
Transfer transfer(const Call& call) {
    for (;;) {
        const auto moved = call();
        if (moved >= 0)
            return {Transfer::State::done, static_cast<std::size_t>(moved), {}};
        const std::error_code error = platform::last_error();
        if (!interrupted(error))
            return failure(error);
    }
}

Status status(int result, std::string_view action, std::string_view subject = {}) {
    if (result == 0)
        return {};
    return fail_last(action, subject);
}

using NameCall = int (*)(NativeSocket, sockaddr*, SocketLength*);

Result<Endpoint> address_by(NativeSocket socket, const NameCall call, std::string_view action) {
    sockaddr_storage storage{};
    SocketLength length = sizeof storage;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    if (call(socket, address, &length) != 0)
        return fail_last(action);
    return Endpoint::from_native(address, length);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        native_ = other.release();
    }
    return *this;
}

Result<Socket> Socket::open(Family family, Transport transport) {
    return open(native_family(family), transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
}

Result<Socket> Socket::open(int family, int type, int protocol) {
    if (const std::error_code error = platform::start())
        return fail({error, "start the socket library", {}, {}, {}});
    const NativeSocket native = platform::open_socket(family, type, protocol);
    if (native == invalid_socket)
        return fail_last("socket");
    return Socket(native);
}

void Socket::close() noexcept {
    if (valid())
        platform::close_socket(release());
}

void Socket::abort() noexcept {
    linger now{};
    now.l_onoff = 1;
    ::setsockopt(native_, SOL_SOCKET, SO_LINGER, static_cast<const char*>(static_cast<void*>(&now)),
                 sizeof now);
    close();
}

Status Socket::bind(const Endpoint& endpoint) {
    return status(::bind(native_, endpoint.data(), endpoint.size()), "bind", endpoint.to_string());
}

Status Socket::listen(int backlog) {
    return status(::listen(native_, backlog), "listen");
}

Transfer Socket::connect(const Endpoint& endpoint) noexcept {
    if (::connect(native_, endpoint.data(), endpoint.size()) == 0)
        return {};
    const std::error_code error = platform::last_error();
    // After a signal, the connection is established asynchronously (connect(2), EINTR); a repeated
    // call would fail with EALREADY.
    if (interrupted(error))
        return {Transfer::State::would_block, 0, {}};
    return failure(error);
}

Status Socket::shutdown(ShutdownHow how) {
    constexpr std::array<int, 3> native{shutdown_receive, shutdown_send, shutdown_both};
    return status(::shutdown(native_, native[static_cast<std::size_t>(how)]), "shutdown");
}

Status Socket::set_blocking(bool blocking) {
    if (platform::set_blocking(native_, blocking))
        return {};
    return fail_last("set blocking mode");
}

Transfer Socket::send(std::span<const std::byte> data) noexcept {
    return transfer(
        [&] { return ::send(native_, chars(data.data()), io_length(data.size()), send_flags); });
}

Transfer Socket::receive(std::span<std::byte> into) noexcept {
    Transfer got =
        transfer([&] { return ::recv(native_, chars(into.data()), io_length(into.size()), 0); });
    if (got.done() && got.bytes == 0 && !into.empty())
        got.state = Transfer::State::end;
    return got;
}

Transfer Socket::send_to(std::span<const std::byte> data, const Endpoint& destination) noexcept {
    return transfer([&] {
        return ::sendto(native_, chars(data.data()), io_length(data.size()), send_flags,
                        destination.data(), destination.size());
    });
}

Datagram Socket::receive_from(std::span<std::byte> into) noexcept {
    sockaddr_storage storage{};
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    SocketLength length = sizeof storage;
    Datagram datagram;
    datagram.transfer = transfer([&] {
        length = sizeof storage;
        return platform::receive_from(native_, into, address, &length, datagram.truncated);
    });
    if (datagram.transfer.done())
        datagram.source = Endpoint::from_native(address, length).value_or(Endpoint());
    return datagram;
}

Result<Endpoint> Socket::local() const {
    return address_by(native_, ::getsockname, "getsockname");
}

Result<Endpoint> Socket::peer() const {
    return address_by(native_, ::getpeername, "getpeername");
}

std::error_code Socket::take_error() noexcept {
    const auto code = option(SOL_SOCKET, SO_ERROR);
    if (!code)
        return code.error().code;
    return *code == 0 ? std::error_code() : std::error_code(*code, platform::error_category());
}

Result<int> Socket::option(int level, int name) const {
    int value = 0;  // for some options Winsock writes only one byte
    SocketLength length = sizeof value;
    if (::getsockopt(native_, level, name, static_cast<char*>(static_cast<void*>(&value)),
                     &length) != 0)
        return fail_last("getsockopt");
    return value;
}

Status Socket::set_option(int level, int name, int value) {
    return status(::setsockopt(native_, level, name,
                               static_cast<const char*>(static_cast<void*>(&value)), sizeof value),
                  "setsockopt");
}

Accepted accept(const Socket& listener, bool blocking) noexcept {
    sockaddr_storage storage{};
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&storage));
    for (;;) {
        SocketLength length = sizeof storage;
        const NativeSocket native =
            platform::accept_socket(listener.native(), address, &length, blocking);
        if (native != invalid_socket) {
            const auto peer = Endpoint::from_native(address, length);
            return {{}, Socket(native), peer ? *peer : Endpoint()};
        }
        const std::error_code error = platform::last_error();
        if (!interrupted(error))
            return {failure(error), Socket(), Endpoint()};
    }
}

Readiness wait_for(const Socket& socket, Direction direction, Deadline deadline,
                   const StopSignal* stop) {
    std::array<PollEntry, 2> entries{};
    entries[0].fd = socket.native();
    entries[0].events = direction == Direction::receive ? POLLIN : POLLOUT;
    if (stop != nullptr) {
        entries[1].fd = stop->waitable();
        entries[1].events = POLLIN;
    }
    const std::span<PollEntry> used(entries.data(), stop != nullptr ? 2 : 1);
    for (;;) {
        const int ready = platform::poll(used, poll_timeout(deadline));
        if (entries[1].revents != 0)
            return Readiness::stopped;
        // If poll fails, the transfer that follows reports the error.
        if (ready > 0 || (ready < 0 && !interrupted(platform::last_error())))
            return Readiness::ready;
        if (ready == 0 && Clock::now() >= deadline)
            return Readiness::timed_out;
    }
}

}  // namespace sockbox::net

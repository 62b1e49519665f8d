// Stubs for what Windows does not have: inherited descriptors, TCP_INFO (SIO_TCP_INFO has a part of
// it, but Wine does not implement it) and the length of a send queue.
#include <fmt/format.h>

#include "option/socket_kind.h"
#include "option/tcp_info.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> no_tcp_info() {
    return fail({std::make_error_code(std::errc::not_supported),
                 "read",
                 "TCP_INFO",
                 "the kernel's view of a connection: not supported on this platform",
                 {}});
}

}  // namespace

Result<Socket> duplicate_inherited(int descriptor) {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 fmt::format("descriptor {}", descriptor),
                 "inherited descriptors: not supported on this platform",
                 {}});
}

Result<TcpVitals> tcp_vitals(const Socket&) {
    return no_tcp_info();
}

Result<TcpTimers> tcp_timers(const Socket&) {
    return no_tcp_info();
}

std::optional<std::uint64_t> acknowledged_bytes(const Socket&) noexcept {
    return std::nullopt;
}

TcpQueues tcp_queues(const Socket& socket) noexcept {
    unsigned long unread = 0;
    return {::ioctlsocket(socket.native(), FIONREAD, &unread) == 0 ? unread : 0, 0};
}

}  // namespace sockbox::net

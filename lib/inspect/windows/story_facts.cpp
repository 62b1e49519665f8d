// The facts of a story on Windows, which has no sysctls.
#include "inspect/story_facts.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here(std::string subject) {
    return fail({std::make_error_code(std::errc::not_supported),
                 "read",
                 std::move(subject),
                 "not supported on this platform",
                 {}});
}

}  // namespace

std::int64_t unread_bytes(const Socket& socket) noexcept {
    unsigned long bytes = 0;
    return ::ioctlsocket(socket.native(), FIONREAD, &bytes) == 0 ? static_cast<std::int64_t>(bytes)
                                                                 : 0;
}

Result<TcpLimits> tcp_limits(const Socket&) {
    return not_here("the limits of TCP");
}

Result<ListenerFacts> listener_facts(const Socket&, const SocketKind&) {
    return not_here("the queues of a listener");
}

}  // namespace sockbox::net

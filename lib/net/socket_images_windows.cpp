// Windows shows nobody the memory of its sockets.
#include "net/socket_images.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here() {
    return fail({platform::error_of(std::errc::not_supported), {}, {}, "not on this platform", {}});
}

}  // namespace

Result<SocketImages> SocketImages::open() {
    return not_here();
}

Status SocketImages::take(Images& /*images*/) const {
    return not_here();
}

SocketImage Images::of(const Socket& /*socket*/) const noexcept {
    return {};
}

}  // namespace sockbox::net

// There is no systemd on Windows.
#include "serve/systemd.h"

namespace sockbox::serve {

net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& /*prepare*/) {
    return std::nullopt;
}

net::Result<StateNotice> StateNotice::open() {
    return StateNotice(net::Socket());
}

void StateNotice::tell(std::string_view /*state*/) noexcept {}

}  // namespace sockbox::serve

// Windows has no network namespaces that a program could look at.
#include "inspect/network_namespace.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here() {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 "network namespaces",
                 "not on this platform",
                 {}});
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::own() {
    return not_here();
}

Result<NetworkNamespace> NetworkNamespace::of_process(int) {
    return not_here();
}

Result<NetworkNamespace> NetworkNamespace::of_socket(const Socket&) {
    return not_here();
}

Status NetworkNamespace::run(const std::function<void()>&) const {
    return not_here();
}

}  // namespace sockbox::net

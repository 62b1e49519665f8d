// From the system's packet information to endpoints.
#include "net/packet_address.h"

namespace sockbox::net {

Endpoint endpoint_of(const in_addr& address) noexcept {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_addr = address;
    return *Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                  sizeof native);
}

Endpoint endpoint_of(const in6_pktinfo& info) noexcept {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
        native.sin6_scope_id = info.ipi6_ifindex;
    return *Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                  sizeof native);
}

}  // namespace sockbox::net

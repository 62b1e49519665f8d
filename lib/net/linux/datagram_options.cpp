// Datagram options on Linux (ip(7), ipv6(7)).
#include <linux/sock_diag.h>

#include <array>

#include "net/datagram_options.h"

namespace sockbox::net {

Status set_traffic_class(Socket& socket, Family family, int dscp, int ecn) {
    const int traffic_class = dscp << 2 | ecn;
    return family == Family::ipv6 ? socket.set_option(IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                                  : socket.set_option(IPPROTO_IP, IP_TOS, traffic_class);
}

Status forbid_fragments(Socket& socket, Family family) {
    return family == Family::ipv6
               ? socket.set_option(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
               : socket.set_option(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

Result<std::size_t> local_mtu(const Socket& socket, Family family) {
    const auto mtu = family == Family::ipv6 ? socket.option(IPPROTO_IPV6, IPV6_MTU)
                                            : socket.option(IPPROTO_IP, IP_MTU);
    return mtu.map([](int bytes) { return static_cast<std::size_t>(bytes); });
}

std::optional<std::uint32_t> dropped_on_arrival(const Socket& socket) noexcept {
    std::array<std::uint32_t, SK_MEMINFO_VARS> values{};
    SocketLength length = sizeof values;
    if (::getsockopt(socket.native(), SOL_SOCKET, SO_MEMINFO, values.data(), &length) != 0 ||
        length < sizeof values)
        return std::nullopt;
    return values[SK_MEMINFO_DROPS];
}

}  // namespace sockbox::net

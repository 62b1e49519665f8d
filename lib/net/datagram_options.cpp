// What both systems spell alike.
#include "net/datagram_options.h"

namespace sockbox::net {

Status set_hop_limit(Socket& socket, Family family, int hops) {
    return family == Family::ipv6 ? socket.set_option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops)
                                  : socket.set_option(IPPROTO_IP, IP_TTL, hops);
}

Status allow_broadcast(Socket& socket) {
    return socket.set_option(SOL_SOCKET, SO_BROADCAST, 1);
}

}  // namespace sockbox::net

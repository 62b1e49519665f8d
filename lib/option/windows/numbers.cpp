// Compile-time checks of the table's numbers against the Windows headers, for the options that they
// define.
#include "option/rows/ip.h"
#include "option/rows/ipv6.h"
#include "option/rows/socket.h"
#include "option/rows/tcp.h"
#include "option/rows/udp.h"
#include "option/rows/winsock.h"
#include "system/platform.h"

namespace sockbox::net::option_rows {
namespace {

template <std::size_t size>
constexpr bool has(const std::array<OptionRow, size>& rows, std::string_view name, int number) {
    for (const OptionRow& row : rows)
        if (row.name == name)
            return row.on_windows == number;
    return false;
}

}  // namespace

#define IS(rows, name) static_assert(has(rows, #name, static_cast<int>(name)), #name)
IS(socket_rows, SO_DEBUG);
IS(socket_rows, SO_TYPE);
IS(socket_rows, SO_ERROR);
IS(socket_rows, SO_DONTROUTE);
IS(socket_rows, SO_BROADCAST);
IS(socket_rows, SO_SNDBUF);
IS(socket_rows, SO_RCVBUF);
IS(socket_rows, SO_KEEPALIVE);
IS(socket_rows, SO_OOBINLINE);
IS(socket_rows, SO_LINGER);
IS(socket_rows, SO_RCVLOWAT);
IS(socket_rows, SO_SNDLOWAT);
IS(socket_rows, SO_RCVTIMEO);
IS(socket_rows, SO_SNDTIMEO);
IS(socket_rows, SO_ACCEPTCONN);
IS(tcp_rows, TCP_NODELAY);
IS(ip_rows, IP_TOS);
IS(ip_rows, IP_TTL);
IS(ip_rows, IP_HDRINCL);
IS(ip_rows, IP_OPTIONS);
IS(ip_rows, IP_PKTINFO);
IS(ip_rows, IP_MTU_DISCOVER);
IS(ip_rows, IP_RECVERR);
IS(ip_rows, IP_RECVTTL);
IS(ip_rows, IP_RECVTOS);
IS(ip_rows, IP_MTU);
IS(ip_rows, IP_MULTICAST_IF);
IS(ip_rows, IP_MULTICAST_TTL);
IS(ip_rows, IP_MULTICAST_LOOP);
IS(ip_rows, IP_ADD_MEMBERSHIP);
IS(ip_rows, IP_DROP_MEMBERSHIP);
IS(ip_rows, IP_UNICAST_IF);
IS(ipv6_rows, IPV6_CHECKSUM);
IS(ipv6_rows, IPV6_UNICAST_HOPS);
IS(ipv6_rows, IPV6_MULTICAST_IF);
IS(ipv6_rows, IPV6_MULTICAST_HOPS);
IS(ipv6_rows, IPV6_MULTICAST_LOOP);
IS(ipv6_rows, IPV6_JOIN_GROUP);
IS(ipv6_rows, IPV6_LEAVE_GROUP);
IS(ipv6_rows, IPV6_MTU_DISCOVER);
IS(ipv6_rows, IPV6_MTU);
IS(ipv6_rows, IPV6_RECVERR);
IS(ipv6_rows, IPV6_V6ONLY);
IS(ipv6_rows, IPV6_HDRINCL);
IS(ipv6_rows, IPV6_RECVRTHDR);
IS(ipv6_rows, IPV6_DONTFRAG);
IS(ipv6_rows, IPV6_RECVTCLASS);
IS(ipv6_rows, IPV6_TCLASS);
IS(ipv6_rows, IPV6_UNICAST_IF);
IS(winsock_socket_rows, SO_EXCLUSIVEADDRUSE);
IS(winsock_socket_rows, SO_DONTLINGER);
IS(winsock_socket_rows, SO_USELOOPBACK);
IS(winsock_socket_rows, SO_CONDITIONAL_ACCEPT);
IS(winsock_socket_rows, SO_GROUP_ID);
IS(winsock_socket_rows, SO_MAX_MSG_SIZE);
IS(winsock_socket_rows, SO_OPENTYPE);
IS(winsock_socket_rows, SO_UPDATE_ACCEPT_CONTEXT);
IS(winsock_socket_rows, SO_CONNECT_TIME);
IS(winsock_socket_rows, SO_UPDATE_CONNECT_CONTEXT);
IS(winsock_tcp_rows, TCP_EXPEDITED_1122);
IS(winsock_ip_rows, IP_DONTFRAGMENT);
IS(winsock_ip_rows, IP_RECEIVE_BROADCAST);
IS(winsock_ip_rows, IP_USER_MTU);
IS(winsock_ipv6_rows, IPV6_PROTECTION_LEVEL);
IS(winsock_ipv6_rows, IPV6_USER_MTU);
IS(winsock_udp_rows, UDP_NOCHECKSUM);

#undef IS

}  // namespace sockbox::net::option_rows

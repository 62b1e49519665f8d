// Compile-time checks of the table's numbers against the Linux headers, for the options that they
// define.
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <sys/socket.h>

#include "option/rows/ip.h"
#include "option/rows/ipv6.h"
#include "option/rows/socket.h"
#include "option/rows/tcp.h"
#include "option/rows/udp.h"

namespace sockbox::net::option_rows {
namespace {

template <std::size_t size>
constexpr bool has(const std::array<OptionRow, size>& rows, std::string_view name, int number) {
    for (const OptionRow& row : rows)
        if (row.name == name)
            return row.on_linux == number;
    return false;
}

}  // namespace

#define IS(rows, name) static_assert(has(rows, #name, name), #name)
IS(socket_rows, SO_DEBUG);
IS(filter_rows, SO_ATTACH_FILTER);
IS(filter_rows, SO_ATTACH_BPF);
IS(filter_rows, SO_ATTACH_REUSEPORT_CBPF);
IS(filter_rows, SO_ATTACH_REUSEPORT_EBPF);
IS(filter_rows, SO_DETACH_REUSEPORT_BPF);
IS(socket_rows, SO_REUSEADDR);
IS(socket_rows, SO_TYPE);
IS(socket_rows, SO_ERROR);
IS(socket_rows, SO_DONTROUTE);
IS(socket_rows, SO_BROADCAST);
IS(socket_rows, SO_SNDBUF);
IS(socket_rows, SO_RCVBUF);
IS(socket_rows, SO_KEEPALIVE);
IS(socket_rows, SO_OOBINLINE);
IS(socket_rows, SO_NO_CHECK);
IS(socket_rows, SO_PRIORITY);
IS(socket_rows, SO_LINGER);
IS(socket_rows, SO_REUSEPORT);
IS(socket_rows, SO_RCVLOWAT);
IS(socket_rows, SO_SNDLOWAT);
IS(socket_rows, SO_RCVTIMEO);
IS(socket_rows, SO_SNDTIMEO);
IS(socket_rows, SO_BINDTODEVICE);
IS(filter_rows, SO_DETACH_FILTER);
IS(socket_rows, SO_TIMESTAMP);
IS(socket_rows, SO_ACCEPTCONN);
IS(socket_rows, SO_SNDBUFFORCE);
IS(socket_rows, SO_RCVBUFFORCE);
IS(socket_rows, SO_TIMESTAMPNS);
IS(socket_rows, SO_MARK);
IS(socket_rows, SO_TIMESTAMPING);
IS(socket_rows, SO_PROTOCOL);
IS(socket_rows, SO_DOMAIN);
IS(socket_rows, SO_RXQ_OVFL);
IS(socket_rows, SO_WIFI_STATUS);
IS(socket_rows, SO_PEEK_OFF);
IS(socket_rows, SO_NOFCS);
IS(filter_rows, SO_LOCK_FILTER);
IS(socket_rows, SO_SELECT_ERR_QUEUE);
IS(socket_rows, SO_BUSY_POLL);
IS(socket_rows, SO_MAX_PACING_RATE);
IS(filter_rows, SO_BPF_EXTENSIONS);
IS(socket_rows, SO_INCOMING_CPU);
IS(socket_rows, SO_CNX_ADVICE);
IS(socket_rows, SO_MEMINFO);
IS(socket_rows, SO_INCOMING_NAPI_ID);
IS(socket_rows, SO_COOKIE);
IS(socket_rows, SO_ZEROCOPY);
IS(socket_rows, SO_TXTIME);
IS(socket_rows, SO_BINDTOIFINDEX);
IS(socket_rows, SO_PREFER_BUSY_POLL);
IS(socket_rows, SO_BUSY_POLL_BUDGET);
IS(socket_rows, SO_NETNS_COOKIE);
IS(socket_rows, SO_BUF_LOCK);
IS(socket_rows, SO_RESERVE_MEM);
IS(socket_rows, SO_TXREHASH);
IS(socket_rows, SO_RCVMARK);
IS(peer_rows, SO_PASSCRED);
IS(peer_rows, SO_PEERCRED);
IS(peer_rows, SO_PEERSEC);
IS(peer_rows, SO_PASSSEC);
IS(peer_rows, SO_PEERGROUPS);
IS(tcp_rows, TCP_NODELAY);
IS(tcp_rows, TCP_MAXSEG);
IS(tcp_rows, TCP_CORK);
IS(tcp_rows, TCP_KEEPIDLE);
IS(tcp_rows, TCP_KEEPINTVL);
IS(tcp_rows, TCP_KEEPCNT);
IS(tcp_rows, TCP_SYNCNT);
IS(tcp_rows, TCP_LINGER2);
IS(tcp_rows, TCP_DEFER_ACCEPT);
IS(tcp_rows, TCP_WINDOW_CLAMP);
IS(tcp_rows, TCP_INFO);
IS(tcp_rows, TCP_QUICKACK);
IS(tcp_rows, TCP_CONGESTION);
IS(tcp_rows, TCP_THIN_LINEAR_TIMEOUTS);
IS(tcp_rows, TCP_THIN_DUPACK);
IS(tcp_rows, TCP_USER_TIMEOUT);
IS(tcp_rows, TCP_REPAIR);
IS(tcp_rows, TCP_REPAIR_QUEUE);
IS(tcp_rows, TCP_QUEUE_SEQ);
IS(tcp_rows, TCP_FASTOPEN);
IS(tcp_rows, TCP_TIMESTAMP);
IS(tcp_rows, TCP_NOTSENT_LOWAT);
IS(tcp_rows, TCP_CC_INFO);
IS(tcp_rows, TCP_SAVE_SYN);
IS(tcp_rows, TCP_SAVED_SYN);
IS(tcp_rows, TCP_REPAIR_WINDOW);
IS(tcp_rows, TCP_FASTOPEN_CONNECT);
IS(tcp_rows, TCP_ULP);
IS(tcp_rows, TCP_FASTOPEN_KEY);
IS(tcp_rows, TCP_FASTOPEN_NO_COOKIE);
IS(tcp_rows, TCP_INQ);
IS(tcp_rows, TCP_TX_DELAY);
IS(ip_rows, IP_TOS);
IS(ip_rows, IP_TTL);
IS(ip_rows, IP_HDRINCL);
IS(ip_rows, IP_OPTIONS);
IS(ip_rows, IP_ROUTER_ALERT);
IS(ip_rows, IP_RECVOPTS);
IS(ip_rows, IP_RETOPTS);
IS(ip_rows, IP_PKTINFO);
IS(ip_rows, IP_MTU_DISCOVER);
IS(ip_rows, IP_RECVERR);
IS(ip_rows, IP_RECVTTL);
IS(ip_rows, IP_RECVTOS);
IS(ip_rows, IP_MTU);
IS(ip_rows, IP_FREEBIND);
IS(ip_rows, IP_PASSSEC);
IS(ip_rows, IP_TRANSPARENT);
IS(ip_rows, IP_RECVORIGDSTADDR);
IS(ip_rows, IP_MINTTL);
IS(ip_rows, IP_NODEFRAG);
IS(ip_rows, IP_CHECKSUM);
IS(ip_rows, IP_BIND_ADDRESS_NO_PORT);
IS(ip_rows, IP_RECVFRAGSIZE);
IS(ip_rows, IP_RECVERR_RFC4884);
IS(ip_rows, IP_MULTICAST_IF);
IS(ip_rows, IP_MULTICAST_TTL);
IS(ip_rows, IP_MULTICAST_LOOP);
IS(ip_rows, IP_ADD_MEMBERSHIP);
IS(ip_rows, IP_DROP_MEMBERSHIP);
IS(ip_rows, IP_MULTICAST_ALL);
IS(ip_rows, IP_UNICAST_IF);
IS(ip_rows, IP_LOCAL_PORT_RANGE);
IS(ip_rows, IP_PROTOCOL);
IS(ipv6_rows, IPV6_ADDRFORM);
IS(ipv6_rows, IPV6_CHECKSUM);
IS(ipv6_rows, IPV6_FLOWINFO);
IS(ipv6_rows, IPV6_UNICAST_HOPS);
IS(ipv6_rows, IPV6_MULTICAST_IF);
IS(ipv6_rows, IPV6_MULTICAST_HOPS);
IS(ipv6_rows, IPV6_MULTICAST_LOOP);
static_assert(has(ipv6_rows, "IPV6_JOIN_GROUP", IPV6_ADD_MEMBERSHIP));
static_assert(has(ipv6_rows, "IPV6_LEAVE_GROUP", IPV6_DROP_MEMBERSHIP));
IS(ipv6_rows, IPV6_ROUTER_ALERT);
IS(ipv6_rows, IPV6_MTU_DISCOVER);
IS(ipv6_rows, IPV6_MTU);
IS(ipv6_rows, IPV6_RECVERR);
IS(ipv6_rows, IPV6_V6ONLY);
IS(ipv6_rows, IPV6_MULTICAST_ALL);
IS(ipv6_rows, IPV6_ROUTER_ALERT_ISOLATE);
IS(ipv6_rows, IPV6_RECVERR_RFC4884);
IS(ipv6_rows, IPV6_FLOWINFO_SEND);
IS(ipv6_rows, IPV6_HDRINCL);
IS(ipv6_rows, IPV6_RECVPKTINFO);
IS(ipv6_rows, IPV6_RECVHOPLIMIT);
IS(ipv6_rows, IPV6_RECVHOPOPTS);
IS(ipv6_rows, IPV6_RTHDRDSTOPTS);
IS(ipv6_rows, IPV6_RECVRTHDR);
IS(ipv6_rows, IPV6_RECVDSTOPTS);
IS(ipv6_rows, IPV6_RECVPATHMTU);
IS(ipv6_rows, IPV6_PATHMTU);
IS(ipv6_rows, IPV6_DONTFRAG);
IS(ipv6_rows, IPV6_RECVTCLASS);
IS(ipv6_rows, IPV6_TCLASS);
IS(ipv6_rows, IPV6_AUTOFLOWLABEL);
IS(ipv6_rows, IPV6_ADDR_PREFERENCES);
IS(ipv6_rows, IPV6_MINHOPCOUNT);
IS(ipv6_rows, IPV6_RECVORIGDSTADDR);
IS(ipv6_rows, IPV6_TRANSPARENT);
IS(ipv6_rows, IPV6_UNICAST_IF);
IS(ipv6_rows, IPV6_RECVFRAGSIZE);
IS(ipv6_rows, IPV6_FREEBIND);
IS(udp_rows, UDP_CORK);
IS(udp_rows, UDP_ENCAP);
IS(udp_rows, UDP_NO_CHECK6_TX);
IS(udp_rows, UDP_NO_CHECK6_RX);
IS(udp_rows, UDP_SEGMENT);
IS(udp_rows, UDP_GRO);

#undef IS

}  // namespace sockbox::net::option_rows

// Where Linux keeps the options of a TCP socket.
#pragma once

#include <array>
#include <string_view>

namespace sockbox::net {

// The members of the kernel's structures that the value of an option comes from, and from nothing
// else but the kind of socket and the settings of its network namespace: all of them, with spaces
// between. (A BPF program of the socket's control group may make something else of the answer of
// getsockopt.) One that has moved has its names with '|' between them, the older first: where the
// old one is there, it is the one in use. Behind '&' are the bits of a byte that are the option's.
// An option that is not here has to be asked for.
struct OptionMembers {
    std::string_view option;
    std::string_view members;
};

inline constexpr auto option_members = std::to_array<OptionMembers>({
    {"SO_DEBUG", "sock_common.skc_flags"},
    {"SO_REUSEADDR", "sock_common.skc_reuse"},
    {"SO_DONTROUTE", "sock_common.skc_flags"},
    {"SO_KEEPALIVE", "sock_common.skc_flags"},
    {"SO_OOBINLINE", "sock_common.skc_flags"},
    {"SO_PRIORITY", "sock.sk_priority"},
    {"SO_LINGER", "sock_common.skc_flags sock.sk_lingertime"},
    {"SO_REUSEPORT", "sock_common.skc_reuseport"},
    {"SO_RCVLOWAT", "sock.sk_rcvlowat"},
    {"SO_RCVTIMEO", "sock.sk_rcvtimeo"},
    {"SO_SNDTIMEO", "sock.sk_sndtimeo"},
    {"SO_BINDTODEVICE", "sock_common.skc_bound_dev_if"},
    {"SO_BINDTOIFINDEX", "sock_common.skc_bound_dev_if"},
    {"SO_TIMESTAMP", "sock_common.skc_flags"},
    {"SO_TIMESTAMPNS", "sock_common.skc_flags"},
    {"SO_MARK", "sock.sk_mark"},
    {"SO_TIMESTAMPING", "sock_common.skc_flags sock.sk_tsflags sock.sk_bind_phc"},
    {"SO_PEEK_OFF", "sock.sk_peek_off"},
    {"SO_SELECT_ERR_QUEUE", "sock_common.skc_flags"},
    {"SO_BUSY_POLL", "sock.sk_ll_usec"},
    {"SO_INCOMING_NAPI_ID", "sock.sk_napi_id"},
    {"SO_ZEROCOPY", "sock_common.skc_flags"},
    {"SO_PREFER_BUSY_POLL", "sock.sk_prefer_busy_poll"},
    {"SO_BUF_LOCK", "sock.sk_userlocks&3"},
    {"SO_RESERVE_MEM", "sock.sk_reserved_mem"},
    {"SO_TXREHASH", "sock.sk_txrehash"},
    {"SO_ATTACH_FILTER", "sock.sk_filter"},
    {"SO_LOCK_FILTER", "sock_common.skc_flags"},
    {"TCP_NODELAY", "tcp_sock.nonagle"},
    {"TCP_CORK", "tcp_sock.nonagle"},
    {"TCP_KEEPIDLE", "tcp_sock.keepalive_time"},
    {"TCP_KEEPINTVL", "tcp_sock.keepalive_intvl"},
    {"TCP_KEEPCNT", "tcp_sock.keepalive_probes"},
    {"TCP_SYNCNT", "inet_connection_sock.icsk_syn_retries"},
    {"TCP_LINGER2", "tcp_sock.linger2"},
    {"TCP_DEFER_ACCEPT", "inet_connection_sock.icsk_accept_queue.rskq_defer_accept"},
    {"TCP_QUICKACK", "inet_connection_sock.icsk_ack.pingpong"},
    {"TCP_CONGESTION", "inet_connection_sock.icsk_ca_ops"},
    {"TCP_THIN_LINEAR_TIMEOUTS", "tcp_sock.thin_lto"},
    {"TCP_THIN_DUPACK", "tcp_sock.thin_lto"},  // always off
    {"TCP_USER_TIMEOUT", "inet_connection_sock.icsk_user_timeout"},
    {"TCP_REPAIR", "tcp_sock.repair"},
    {"TCP_FASTOPEN", "inet_connection_sock.icsk_accept_queue.fastopenq.max_qlen"},
    {"TCP_NOTSENT_LOWAT", "tcp_sock.notsent_lowat"},
    {"TCP_SAVE_SYN", "tcp_sock.save_syn"},
    {"TCP_FASTOPEN_CONNECT", "tcp_sock.fastopen_connect"},
    {"TCP_ULP", "inet_connection_sock.icsk_ulp_ops"},
    {"TCP_FASTOPEN_KEY", "inet_connection_sock.icsk_accept_queue.fastopenq.ctx"},
    {"TCP_FASTOPEN_NO_COOKIE", "tcp_sock.fastopen_no_cookie"},
    {"TCP_INQ", "tcp_sock.recvmsg_inq"},
    {"TCP_TX_DELAY", "tcp_sock.tcp_tx_delay"},
    {"TCP_IS_MPTCP", "tcp_sock.is_mptcp"},  // always off
    {"TCP_RTO_MAX_MS", "inet_connection_sock.icsk_rto_max"},
    {"TCP_RTO_MIN_US", "inet_connection_sock.icsk_rto_min"},
    {"TCP_DELACK_MAX_US", "inet_connection_sock.icsk_delack_max"},
    {"IP_TOS", "inet_sock.tos"},
    {"IP_TTL", "inet_sock.uc_ttl"},
    {"IP_OPTIONS", "inet_sock.inet_opt"},
    {"IP_MTU_DISCOVER", "inet_sock.pmtudisc"},
    {"IP_RECVERR", "inet_sock.recverr|inet_sock.inet_flags"},
    {"IP_FREEBIND", "inet_sock.freebind|inet_sock.inet_flags"},
    {"IP_TRANSPARENT", "inet_sock.transparent|inet_sock.inet_flags"},
    {"IP_MINTTL", "inet_sock.min_ttl"},
    {"IP_BIND_ADDRESS_NO_PORT", "inet_sock.bind_address_no_port|inet_sock.inet_flags"},
    {"IP_UNICAST_IF", "inet_sock.uc_index"},
    {"IP_LOCAL_PORT_RANGE", "inet_sock.local_port_range"},
    {"IPV6_FLOWINFO", "ipv6_pinfo.rxopt"},
    {"IPV6_MULTICAST_LOOP", "ipv6_pinfo.mc_loop|inet_sock.inet_flags"},
    {"IPV6_MTU_DISCOVER", "ipv6_pinfo.pmtudisc"},
    {"IPV6_RECVERR", "ipv6_pinfo.recverr|inet_sock.inet_flags"},
    {"IPV6_V6ONLY", "sock_common.skc_ipv6only"},
    {"IPV6_MULTICAST_ALL", "ipv6_pinfo.mc_all|inet_sock.inet_flags"},
    {"IPV6_ROUTER_ALERT_ISOLATE", "ipv6_pinfo.rtalert_isolate|inet_sock.inet_flags"},
    {"IPV6_RECVERR_RFC4884", "ipv6_pinfo.recverr_rfc4884|inet_sock.inet_flags"},
    {"IPV6_FLOWINFO_SEND", "ipv6_pinfo.sndflow|inet_sock.inet_flags"},
    {"IPV6_RECVPKTINFO", "ipv6_pinfo.rxopt"},
    {"IPV6_RECVHOPLIMIT", "ipv6_pinfo.rxopt"},
    {"IPV6_RECVHOPOPTS", "ipv6_pinfo.rxopt"},
    {"IPV6_RTHDRDSTOPTS", "ipv6_pinfo.opt"},
    {"IPV6_RECVRTHDR", "ipv6_pinfo.rxopt"},
    {"IPV6_RECVDSTOPTS", "ipv6_pinfo.rxopt"},
    {"IPV6_RECVPATHMTU", "ipv6_pinfo.rxopt"},
    {"IPV6_DONTFRAG", "ipv6_pinfo.dontfrag|inet_sock.inet_flags"},
    {"IPV6_RECVTCLASS", "ipv6_pinfo.rxopt"},
    {"IPV6_TCLASS", "ipv6_pinfo.tclass"},
    {"IPV6_AUTOFLOWLABEL",
     "ipv6_pinfo.autoflowlabel|inet_sock.inet_flags "
     "ipv6_pinfo.autoflowlabel_set|inet_sock.inet_flags"},
    {"IPV6_ADDR_PREFERENCES", "ipv6_pinfo.srcprefs"},
    {"IPV6_MINHOPCOUNT", "ipv6_pinfo.min_hopcount"},
    {"IPV6_RECVORIGDSTADDR", "ipv6_pinfo.rxopt"},
    {"IPV6_TRANSPARENT", "inet_sock.transparent|inet_sock.inet_flags"},
    {"IPV6_UNICAST_IF", "ipv6_pinfo.ucast_oif"},
    {"IPV6_RECVFRAGSIZE", "ipv6_pinfo.rxopt"},
    {"IPV6_FREEBIND", "inet_sock.freebind|inet_sock.inet_flags"},
});

}  // namespace sockbox::net

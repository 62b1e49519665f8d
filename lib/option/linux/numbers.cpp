// Compile-time checks of the table against the Linux headers: the numbers that differ between
// processors, for which the table has those of most, and the sizes of structures. .ci/options
// compares all other numbers.
#include <sys/socket.h>  // which linux/sctp.h needs before it

#include <cstdint>

#include <linux/net_tstamp.h>
#include <linux/sctp.h>
#include <linux/tcp.h>

#include "option/rows/sctp.h"
#include "option/rows/socket.h"
#include "option/rows/tcp.h"

namespace sockbox::net::option_rows {
namespace {

template <std::size_t size>
constexpr const OptionRow& named(const std::array<OptionRow, size>& rows, std::string_view name) {
    for (const OptionRow& row : rows)
        if (row.name == name)
            return row;
    return rows[size];  // which does not compile
}

}  // namespace

#define IS(rows, name) static_assert(named(rows, #name).on_linux == (name), #name)
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
IS(socket_rows, SO_BSDCOMPAT);
IS(socket_rows, SO_PEERNAME);
IS(socket_rows, SO_TIMESTAMP_NEW);
IS(socket_rows, SO_TIMESTAMPNS_NEW);
IS(socket_rows, SO_TIMESTAMPING_NEW);
IS(socket_rows, SO_RCVTIMEO_NEW);
IS(socket_rows, SO_SNDTIMEO_NEW);
#undef IS

// Some alignments are others with 32 bits.
constexpr bool is_narrow = sizeof(void*) == 4;
#define SIZE(rows, name, structure) \
    static_assert(is_narrow || named(rows, #name).size == sizeof(structure), #name)
SIZE(socket_rows, SO_TXTIME, sock_txtime);
SIZE(tcp_rows, TCP_REPAIR_WINDOW, tcp_repair_window);
SIZE(sctp_rows, SCTP_RTOINFO, sctp_rtoinfo);
SIZE(sctp_rows, SCTP_ASSOCINFO, sctp_assocparams);
SIZE(sctp_rows, SCTP_INITMSG, sctp_initmsg);
SIZE(sctp_rows, SCTP_SET_PEER_PRIMARY_ADDR, sctp_setpeerprim);
SIZE(sctp_rows, SCTP_PRIMARY_ADDR, sctp_prim);
SIZE(sctp_rows, SCTP_PEER_ADDR_PARAMS, sctp_paddrparams);
SIZE(sctp_rows, SCTP_DEFAULT_SEND_PARAM, sctp_sndrcvinfo);
SIZE(sctp_rows, SCTP_EVENTS, sctp_event_subscribe);
SIZE(sctp_rows, SCTP_STATUS, sctp_status);
SIZE(sctp_rows, SCTP_DELAYED_SACK, sctp_sack_info);
SIZE(sctp_rows, SCTP_AUTH_ACTIVE_KEY, sctp_authkeyid);
SIZE(sctp_rows, SCTP_PEER_ADDR_THLDS, sctp_paddrthlds);
SIZE(sctp_rows, SCTP_PEER_ADDR_THLDS_V2, sctp_paddrthlds_v2);
SIZE(sctp_rows, SCTP_DEFAULT_SNDINFO, sctp_sndinfo);
SIZE(sctp_rows, SCTP_GET_ASSOC_STATS, sctp_assoc_stats);
SIZE(sctp_rows, SCTP_DEFAULT_PRINFO, sctp_default_prinfo);
SIZE(sctp_rows, SCTP_PR_ASSOC_STATUS, sctp_prstatus);
SIZE(sctp_rows, SCTP_ADD_STREAMS, sctp_add_streams);
SIZE(sctp_rows, SCTP_STREAM_SCHEDULER_VALUE, sctp_stream_value);
SIZE(sctp_rows, SCTP_EVENT, sctp_event);
SIZE(sctp_rows, SCTP_REMOTE_UDP_ENCAPS_PORT, sctp_udpencaps);
SIZE(sctp_rows, SCTP_PLPMTUD_PROBE_INTERVAL, sctp_probeinterval);
#undef SIZE
static_assert(named(sctp_rows, "SCTP_MAXSEG").at == offsetof(sctp_assoc_value, assoc_value));

}  // namespace sockbox::net::option_rows

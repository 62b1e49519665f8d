// What the options of a socket mean together: how long a dead peer goes unnoticed, what close does,
// who else can take the port, and where data and connections wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inspect/give_up.h"
#include "option/socket_kind.h"
#include "option/value.h"

namespace sockbox::net {

// What the kernel does with a TCP socket beyond its options: settings of the network namespace, or
// of the socket if it has one of its own. Linux only.
struct TcpLimits {
    std::chrono::nanoseconds tick{std::chrono::milliseconds(4)};             // 1/HZ
    std::chrono::nanoseconds min_timeout{std::chrono::milliseconds(200)};    // of retransmission
    std::chrono::nanoseconds max_timeout{std::chrono::seconds(120)};         // of retransmission
    std::chrono::nanoseconds max_ack_delay{std::chrono::milliseconds(200)};  // of delayed ACKs
    int retries = 15;                              // net.ipv4.tcp_retries2
    int orphan_retries = 0;                        // net.ipv4.tcp_orphan_retries
    int syn_retries = 6;                           // TCP_SYNCNT
    int syn_linear_timeouts = 4;                   // net.ipv4.tcp_syn_linear_timeouts
    bool loss_probes = true;                       // net.ipv4.tcp_early_retrans
    bool may_retry_linearly = false;               // TCP_THIN_LINEAR_TIMEOUTS
    std::optional<std::chrono::seconds> fin_wait;  // TCP_LINGER2; nullopt: no FIN_WAIT2
};

// What decides how a TCP connection sends and ends.
struct TcpFacts {
    bool keepalive = false;                           // SO_KEEPALIVE
    Keepalive probing;                                // its times
    bool probing_known = true;                        // false if `probing` has only defaults
    bool no_delay = false;                            // TCP_NODELAY
    bool cork = false;                                // TCP_CORK
    bool quick_ack = false;                           // TCP_QUICKACK
    std::optional<std::chrono::nanoseconds> timeout;  // see TcpTimers; nullopt unless connected
    std::chrono::nanoseconds smoothed_rtt{};          // see TcpTimers
    std::chrono::nanoseconds ack_delay{};             // see TcpTimers
    bool selective_acknowledgements = true;           // see TcpTimers
    std::optional<TcpLimits> limits;  // nullopt if not known, for the reason `unknown`
    std::string unknown;              // why there are no `limits`
};

// The queues of a TCP or UNIX listener; only the accept queue is of both.
struct ListenerFacts {
    std::int64_t accept_queue = 0;            // connections that wait to be accepted
    std::int64_t max_accept_queue = 0;        // how many may wait
    std::optional<std::int64_t> max_backlog;  // net.core.somaxconn
    bool reset_on_overflow = false;           // net.ipv4.tcp_abort_on_overflow
    bool syn_cookies = true;                  // net.ipv4.tcp_syncookies
    std::int64_t max_syn_backlog = 0;         // net.ipv4.tcp_max_syn_backlog; 0: not known
    std::optional<std::int64_t> overflows;    // ListenOverflows of the network namespace
    std::optional<std::int64_t> drops;        // ListenDrops, likewise
};

// What decides who else can use the port.
struct PortFacts {
    bool bound = false;             // has a local address
    bool any_address = false;       // bound to every address
    bool reuse_address = false;     // SO_REUSEADDR
    bool reuse_port = false;        // SO_REUSEPORT
    std::optional<bool> exclusive;  // SO_EXCLUSIVEADDRUSE; nullopt except on Windows
    std::optional<bool> ipv6_only;  // IPV6_V6ONLY; nullopt if it is an IPv4 socket
};

// A receive or send buffer.
struct BufferFacts {
    std::int64_t stored = 0;         // the size in bytes that the kernel reports
    std::vector<std::string> story;  // see buffer_story()
};

// All that the story of a socket is derived from.
struct StoryFacts {
    SocketKind kind;                            // family, type and protocol
    std::string state;                          // see SocketFacts::state
    bool connected = false;                     // has a peer
    std::optional<Linger> linger;               // SO_LINGER; nullopt if the socket has none
    std::int64_t unread_bytes = 0;              // received, for the owner to read
    std::optional<std::int64_t> drops;          // packets that this socket has dropped
    std::optional<TcpFacts> tcp;                // TCP and MPTCP only
    std::optional<ListenerFacts> listener;      // nullopt unless it listens
    std::optional<PortFacts> port;              // IPv4 and IPv6 only
    std::optional<BufferFacts> receive_buffer;  // nullopt if the socket has none
    std::optional<BufferFacts> send_buffer;     // nullopt if the socket has none
};

// One subject of the story.
struct StoryLine {
    std::string about;                                   // "dead peer, idle"
    std::string summary;                                 // "noticed after 25s: ..."
    std::optional<std::chrono::nanoseconds> after = {};  // the time in the summary
    std::optional<std::int64_t> value = {};              // the number in the summary
};

// Reads and changes nothing; the facts alone decide.
std::vector<StoryLine> story_of(const StoryFacts& facts);

}  // namespace sockbox::net

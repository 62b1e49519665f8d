// The table of hints.
#include "system/hint.h"

#include <array>

namespace sockbox::net {
namespace {

constexpr std::string_view gap = "...";

constexpr HintRow names[] = {
    {Hint::none, "resolve: EAI_NONAME", "no source of names knows this one",
     "showip --by-source asks each source of /etc/nsswitch.conf on its own."},
    {Hint::try_again_later, "resolve: EAI_AGAIN",
     "no usable answer from the name servers; this may be temporary",
     "The servers are those of /etc/resolv.conf."},
    {Hint::servers_cannot_answer, "resolve: EAI_FAIL", "the name servers cannot answer this query"},
    {Hint::no_address_of_this_kind, "resolve: EAI_NODATA",
     "the name exists, but has no address of this kind"},
    {Hint::numeric_family, "resolve: EAI_ADDRFAMILY",
     "a numeric address has its own family, and another was requested"},
    {Hint::family_requested, "resolve: EAI_ADDRFAMILY, EAI_NODATA, EAI_NONAME",
     "... has only ... addresses, but ... was requested",
     "-4 and -6 request a family, and so does the address of --source."},
    {Hint::numeric_only, "resolve with --flags numerichost: EAI_NONAME",
     "not a numeric address, and numerichost allows no lookup"},
    {Hint::encode_name, "resolve a non-ASCII name: EAI_NONAME",
     "--flags idn encodes a non-ASCII name for DNS"},
    {Hint::locale_for_names, "resolve: EAI_IDN_ENCODE",
     "non-ASCII names need a UTF-8 locale, such as LC_ALL=C.UTF-8"},
    {Hint::unknown_service, "resolve: EAI_SERVICE",
     "not a service of this socket type and protocol", "Services are those of /etc/services."},
    {Hint::unknown_protocol, "resolve: EAI_SOCKTYPE",
     "no protocol has this socket type and this number"},
};

constexpr HintRow addresses[] = {
    {Hint::none, "connect: ECONNREFUSED",
     "no program listens on this port there, or a firewall rejects connections"},
    {Hint::none, "connect: ETIMEDOUT",
     "no answer: the host is down, or a firewall drops what is sent to it",
     "A refusal comes at once, silence takes the whole time of --connect-timeout."},
    {Hint::none, "connect, send: EHOSTUNREACH, ENETUNREACH",
     "no route leads there, or a router has refused to forward",
     "udpecho --trace shows how far packets get."},
    {Hint::none, "receive, send: ECONNRESET, EPIPE",
     "the peer closed the connection with data unread, or ended",
     "A server at its limits does so, too: see --max-connections and --idle-timeout of echod."},
    {Hint::no_zone, "a link-local address without zone: EINVAL",
     "a link-local address needs a zone, such as ...%eth0",
     "Each interface has its own link-local network; the zone selects the interface."},
    {Hint::port_in_use, "bind, listen: EADDRINUSE",
     "the port is used or in TIME_WAIT; port 0 selects a free one",
     "sockopt --port PORT shows the sockets that have the port, and their processes."},
    {Hint::source_port_in_use, "bind of a client, with --source-port: EADDRINUSE",
     "the port is used or in TIME_WAIT; without --source-port the system chooses one"},
    {Hint::covered_address, "bind, with port 0: EADDRINUSE",
     "another address that was given, such as 0.0.0.0, includes this one",
     "A socket that is bound to the unspecified address receives what comes to any of the host."},
    {Hint::privileged_port, "bind to a port below 1024: EACCES",
     "ports below 1024 need root or CAP_NET_BIND_SERVICE",
     "On Linux, sysctl net.ipv4.ip_unprivileged_port_start moves this bound."},
    {Hint::not_an_own_address, "bind: EADDRNOTAVAIL", "no interface of this host has this address",
     "An address that the host will have only later needs IP_FREEBIND: --set IP_FREEBIND=on."},
    {Hint::none, "connect: EADDRNOTAVAIL",
     "no local port is left for this server, or no local address of its family",
     "Closed connections keep their ports for a minute, in TIME_WAIT. sysctl"
     " net.ipv4.ip_local_port_range has the bounds; --source adds an address."},
    {Hint::broadcast_address, "send, connect: EACCES",
     "if this is a broadcast address, use --broadcast"},
    {Hint::other_address, "send: no answer, or ECONNREFUSED", "the host also has the address ..."},
    {Hint::other_family, "send: no answer, or ECONNREFUSED",
     "the host also has the address ...; -... uses it",
     "UDP cannot try several addresses as TCP does: only an answer shows that one works."},
    {Hint::longest_datagram, "send: EMSGSIZE", "a datagram holds at most ... bytes",
     "The 65535 bytes of a packet include the UDP header and, with IPv4, the IP header."},
    {Hint::beyond_path_mtu, "send with the don't-fragment bit: EMSGSIZE",
     "the datagram is larger than the path MTU, which udpecho --mtu finds"},
    {Hint::load_needs_tcp, "udpecho --load: connect fails",
     "the load needs a TCP echo server on the same address and port"},
};

constexpr HintRow permissions[] = {
    {Hint::only_root, "become user: EPERM", "only root can switch to another user"},
    {Hint::raw_socket, "socket: EPERM", "a raw socket needs CAP_NET_RAW"},
    {Hint::privileged_option, "set an option: EACCES, EPERM", "setting it needs ...",
     "sockopt --explain NAME shows the privilege that an option needs."},
    {Hint::foreign_process, "process: EACCES, EPERM",
     "this requires ptrace access: the same user and a process that can be dumped"
     " (PR_SET_DUMPABLE), or CAP_SYS_PTRACE"},
    {Hint::restricted_by_yama, "process: EACCES, EPERM, with Yama",
     "Yama restricts it further: kernel.yama.ptrace_scope = ...",
     "1 allows only a debugger's own children, 2 only CAP_SYS_PTRACE, 3 nobody."},
    {Hint::open_key_file, "read the key file: others have access to it", "chmod o= ..."},
};

constexpr HintRow limits[] = {
    {Hint::raise_limit, "an option was clamped by a sysctl", "sysctl -w ...=...",
     "The limit is the system's; raising it needs root."},
    {Hint::allowed_algorithms, "set TCP_CONGESTION: EPERM",
     "without CAP_NET_ADMIN only these are allowed: ..."},
    {Hint::descriptors, "EMFILE", "ulimit -n raises it, up to the hard limit",
     "LimitNOFILE= does in a systemd unit."},
    {Hint::tasks, "start a thread, fork: EAGAIN",
     "the limit of threads and processes is reached (ulimit -u, pids.max of the cgroup), or that of"
     " memory (ulimit -v)",
     "TasksMax= of a systemd unit sets pids.max."},
    {Hint::no_lookup_made, "resolve: EMFILE, ENFILE",
     "no lookup was made: no descriptor is left for it"},
    {Hint::no_io_uring, "io_uring: ENOSYS",
     "this kernel is built without io_uring, or a seccomp filter refuses it",
     "The filters of many container engines do; echod --engine epoll needs no io_uring."},
    {Hint::io_uring_disabled, "io_uring: EPERM",
     "sysctl kernel.io_uring_disabled or a seccomp filter refuses it"},
    {Hint::locked_memory, "io_uring: ENOMEM", "ulimit -l (RLIMIT_MEMLOCK) may be too low"},
    {Hint::old_kernel, "io_uring: EINVAL", "the io_uring engine requires Linux 6.1"},
};

constexpr std::array<HintGroup, 4> groups{{
    {"Names", names},
    {"Addresses and ports", addresses},
    {"Permissions", permissions},
    {"Limits", limits},
}};

std::string_view text_of(Hint which) {
    for (const HintGroup& group : groups)
        for (const HintRow& row : group.rows)
            if (row.hint == which && which != Hint::none)
                return row.text;
    return {};
}

}  // namespace

std::span<const HintGroup> hint_groups() noexcept {
    return groups;
}

std::string hint(Hint which, std::initializer_list<std::string_view> values) {
    std::string text(text_of(which));
    std::size_t from = 0;
    for (const std::string_view value : values) {
        const std::size_t at = text.find(gap, from);
        if (at == text.npos)
            break;
        text.replace(at, gap.size(), value);
        from = at + value.size();
    }
    return text;
}

}  // namespace sockbox::net

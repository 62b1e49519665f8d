// Lists the kernel's sockets by sock_diag(7) over netlink.
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include <array>
#include <cstring>

#include "inspect/linux/diag_message.h"
#include "inspect/socket_listing.h"
#include "net/linux/netlink_dump.h"
#include "option/codec.h"
#include "option/tcp_info.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

constexpr int listening_state = 10;   // TCP_LISTEN
constexpr int unconnected_state = 7;  // TCP_CLOSE: the state of a datagram socket without a peer

using Use = std::function<void(const ListedSocket&)>;

// A dump request: header, `request`, and optionally an attribute.
template <class Request>
Bytes message(const Request& request, std::span<const std::byte> attribute = {}) {
    nlmsghdr header{};
    header.nlmsg_len =
        static_cast<std::uint32_t>(sizeof header + sizeof request + attribute.size());
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    Bytes bytes = to_bytes(header);
    const Bytes body = to_bytes(request);
    bytes.insert(bytes.end(), body.begin(), body.end());
    bytes.insert(bytes.end(), attribute.begin(), attribute.end());
    return bytes;
}

// An INET_DIAG_REQ_BYTECODE program that accepts one local port: at least `port` and at most
// `port`. Each condition is followed by a word that holds the port. If it holds, execution
// continues after that word; otherwise it jumps 4 bytes past the end of the program, which the
// kernel takes as a rejection, since only a program that stops exactly at its end accepts
// (inet_diag_bc_run()).
Bytes port_filter(std::uint16_t port) {
    constexpr std::uint8_t step = 2 * sizeof(inet_diag_bc_op);
    constexpr std::uint16_t refused = sizeof(inet_diag_bc_op);
    const std::array<inet_diag_bc_op, 4> program{{{INET_DIAG_BC_S_GE, step, 2 * step + refused},
                                                  {0, 0, port},
                                                  {INET_DIAG_BC_S_LE, step, step + refused},
                                                  {0, 0, port}}};
    rtattr head{};
    head.rta_type = INET_DIAG_REQ_BYTECODE;
    head.rta_len = static_cast<unsigned short>(sizeof head + sizeof program);
    Bytes bytes = to_bytes(head);
    const Bytes body = to_bytes(program);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

Status query(const Bytes& question, const DumpReply::Use& use) {
    return netlink_dump(NETLINK_SOCK_DIAG, question, "sockets", use);
}

std::optional<Endpoint> endpoint_of(int family, const std::uint32_t* address, std::uint16_t port) {
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_in6);
    if (family == AF_INET) {
        sockaddr_in native{};
        native.sin_family = AF_INET;
        native.sin_port = port;
        native.sin_addr.s_addr = address[0];
        length = sizeof native;
        std::memcpy(&storage, &native, sizeof native);
    } else {
        sockaddr_in6 native{};
        native.sin6_family = AF_INET6;
        native.sin6_port = port;
        std::memcpy(&native.sin6_addr, address, sizeof native.sin6_addr);
        std::memcpy(&storage, &native, sizeof native);
    }
    const auto endpoint =
        Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&storage)), length);
    return endpoint ? std::optional(*endpoint) : std::nullopt;
}

std::string name_of(const std::optional<Endpoint>& endpoint) {
    return endpoint ? endpoint->to_string() : std::string();
}

ListedSocket listed(const inet_diag_msg& message, int type, int protocol) {
    ListedSocket socket;
    socket.inode = message.idiag_inode;
    socket.cookie = cookie_in(message.id.idiag_cookie);
    socket.user = message.idiag_uid;
    socket.facts = facts_in(message, type, protocol);
    return socket;
}

}  // namespace

SocketFacts facts_in(const inet_diag_msg& message, int type, int protocol) {
    SocketFacts facts;
    facts.kind = {message.idiag_family, type, protocol, message.idiag_state == listening_state};
    const bool states = type != SOCK_DGRAM;
    const bool has_peer = message.id.idiag_dport != 0;
    facts.state = states     ? tcp_state_name(message.idiag_state)
                  : has_peer ? "ESTABLISHED"
                             : "UNCONN";
    facts.local_address =
        endpoint_of(message.idiag_family, message.id.idiag_src, message.id.idiag_sport);
    if (has_peer)
        facts.peer_address =
            endpoint_of(message.idiag_family, message.id.idiag_dst, message.id.idiag_dport);
    facts.local = name_of(facts.local_address);
    facts.peer = name_of(facts.peer_address);
    return facts;
}

namespace {

Status list_inet(const ListingFilter& filter, int family, int type, int protocol, const Use& use) {
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(family);
    request.sdiag_protocol = static_cast<std::uint8_t>(protocol);
    const int waiting = type == SOCK_DGRAM ? unconnected_state : listening_state;
    request.idiag_states = filter.listening ? 1U << waiting : ~0U;
    const Bytes program = filter.port ? port_filter(*filter.port) : Bytes();
    return query(message(request, program), [&](std::span<const std::byte> body) {
        const auto found = from_bytes<inet_diag_msg>(body);
        // Sockets that no process has open any more, such as those in TIME_WAIT, have inode 0.
        const bool bound = type != SOCK_DGRAM || found.id.idiag_sport != 0;
        if (body.size() >= sizeof found && found.idiag_inode != 0 && bound)
            use(listed(found, type, protocol));
    });
}

// The path, or "@" and the abstract name, from the attributes; empty if there is none.
std::string unix_name(std::span<const std::byte> attributes) {
    std::string name;
    for (const std::byte byte : find_attribute(attributes, UNIX_DIAG_NAME))
        name += static_cast<char>(byte);
    return name.starts_with('\0') ? "@" + escape(name.substr(1))
                                  : escape(name.substr(0, name.find('\0')));
}

Status list_unix(const Use& use) {
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = 1U << listening_state;
    request.udiag_show = UDIAG_SHOW_NAME;
    return query(message(request), [&](std::span<const std::byte> body) {
        if (body.size() < sizeof(unix_diag_msg))
            return;
        const auto found = from_bytes<unix_diag_msg>(body);
        ListedSocket socket;
        socket.inode = found.udiag_ino;
        socket.cookie = cookie_in(found.udiag_cookie);
        socket.facts.kind = {AF_UNIX, found.udiag_type, 0, true};
        socket.facts.state = "LISTEN";
        socket.facts.local = unix_name(body.subspan(NLMSG_ALIGN(sizeof found)));
        use(socket);
    });
}

struct Listed {
    int type;
    int protocol;
    bool always;  // in every kernel: if listing it fails, sock_diag(7) is not available at all
};
constexpr std::array<Listed, 4> protocols{{{SOCK_STREAM, IPPROTO_TCP, true},
                                           {SOCK_DGRAM, IPPROTO_UDP, true},
                                           {SOCK_DGRAM, IPPROTO_UDPLITE, false},
                                           {SOCK_STREAM, IPPROTO_SCTP, false}}};

}  // namespace

Status list_sockets(const ListingFilter& filter,
                    const std::function<void(const ListedSocket&)>& use) {
    for (const Listed& listed : protocols)
        for (const int family : {AF_INET, AF_INET6}) {
            auto done = list_inet(filter, family, listed.type, listed.protocol, use);
            if (!done && listed.always)
                return done;
        }
    return filter.listening && !filter.port ? list_unix(use) : Status();
}

}  // namespace sockbox::net

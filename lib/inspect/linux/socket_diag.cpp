// Requests what sock_diag(7) reports about one socket.
#include "inspect/socket_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "inspect/linux/diag_message.h"
#include "option/codec.h"
#include "option/table.h"

namespace sockbox::net {
namespace {

using Span = std::span<const std::byte>;

// The attribute that contains an option's value, and how to take it from there; without `number`,
// it is the whole attribute. INET_DIAG_NONE is the message itself.
struct Reported {
    std::string_view option;
    int attribute;
    std::uint64_t (*number)(Span attribute);
};

// from_bytes() of a known size, or zero.
template <class Object>
Object object_in(Span attribute) {
    Object object{};
    if (attribute.size() >= sizeof object)
        std::memcpy(&object, attribute.data(), sizeof object);
    return object;
}

std::uint64_t whole_number(Span attribute) {
    return from_bytes<std::uint32_t>(attribute);  // which may be shorter
}

template <class Take>
constexpr Reported flag(std::string_view option, Take) {
    return {option, INET_DIAG_SOCKOPT, [](Span attribute) -> std::uint64_t {
                return Take()(object_in<inet_diag_sockopt>(attribute));
            }};
}

using Flags = inet_diag_sockopt;
constexpr std::array table{
    Reported{
        "SO_COOKIE", INET_DIAG_NONE,
        [](Span message) { return cookie_in(object_in<inet_diag_msg>(message).id.idiag_cookie); }},
    Reported{"SO_BINDTOIFINDEX", INET_DIAG_NONE,
             [](Span message) -> std::uint64_t {
                 return object_in<inet_diag_msg>(message).id.idiag_if;
             }},
    Reported{"SO_MEMINFO", INET_DIAG_SKMEMINFO, nullptr},
    Reported{"SO_MARK", INET_DIAG_MARK, whole_number},  // only with CAP_NET_ADMIN
    Reported{"IP_TOS", INET_DIAG_TOS, whole_number},
    Reported{"IPV6_TCLASS", INET_DIAG_TCLASS, whole_number},
    Reported{"IPV6_V6ONLY", INET_DIAG_SKV6ONLY, whole_number},
    Reported{"TCP_CONGESTION", INET_DIAG_CONG, nullptr},
    flag("IP_RECVERR", [](Flags flags) { return flags.recverr; }),
    flag("IP_RECVERR_RFC4884", [](Flags flags) { return flags.recverr_rfc4884; }),
    flag("IP_FREEBIND", [](Flags flags) { return flags.freebind; }),
    flag("IP_HDRINCL", [](Flags flags) { return flags.hdrincl; }),
    flag("IP_TRANSPARENT", [](Flags flags) { return flags.transparent; }),
    flag("IP_MULTICAST_LOOP", [](Flags flags) { return flags.mc_loop; }),
    flag("IP_MULTICAST_ALL", [](Flags flags) { return flags.mc_all; }),
    flag("IP_NODEFRAG", [](Flags flags) { return flags.nodefrag; }),
    flag("IP_BIND_ADDRESS_NO_PORT", [](Flags flags) { return flags.bind_address_no_port; }),
    flag("IPV6_TRANSPARENT", [](Flags flags) { return flags.transparent; }),
    flag("IPV6_FREEBIND", [](Flags flags) { return flags.freebind; }),
};

struct Request {
    nlmsghdr header;
    inet_diag_req_v2 body;
};

// A request for the socket with this cookie, which the kernel looks up by its addresses. For UDP
// they are swapped (udp_dump_one()).
Request request_for(const SocketFacts& facts, std::uint64_t cookie, std::uint32_t sequence) {
    const bool swapped = facts.kind.protocol != IPPROTO_TCP;
    const Endpoint local = *facts.local_address;
    const Endpoint peer = facts.peer_address.value_or(Endpoint::any(local.family()));
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.header.nlmsg_seq = sequence;
    request.body.sdiag_family = static_cast<std::uint8_t>(facts.kind.family);
    request.body.sdiag_protocol = static_cast<std::uint8_t>(facts.kind.protocol);
    for (const int wanted : {INET_DIAG_CONG, INET_DIAG_TOS, INET_DIAG_TCLASS, INET_DIAG_SKMEMINFO})
        request.body.idiag_ext |= static_cast<std::uint8_t>(1U << (wanted - 1));
    request.body.idiag_states = ~0U;
    inet_diag_sockid& id = request.body.id;
    const auto put = [](const Endpoint& endpoint, __be16& port, __be32(&address)[4]) {
        port = htons(endpoint.port());
        std::copy_n(endpoint.bytes().begin(), endpoint.bytes().size(),
                    std::as_writable_bytes(std::span(address)).begin());
    };
    put(swapped ? peer : local, id.idiag_sport, id.idiag_src);
    put(swapped ? local : peer, id.idiag_dport, id.idiag_dst);
    id.idiag_if = local.scope_id();
    id.idiag_cookie[0] = static_cast<std::uint32_t>(cookie);
    id.idiag_cookie[1] = static_cast<std::uint32_t>(cookie >> 32);
    return request;
}

bool may_be_reported(const SocketFacts& facts) {
    const int protocol = facts.kind.protocol;
    return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && facts.kind.type != SOCK_RAW &&
           facts.other_namespace == 0 && facts.local_address && facts.local_address->port() != 0;
}

}  // namespace

std::vector<std::uint8_t> SocketDiag::find_places() {
    std::vector<std::uint8_t> places;
    for (const OptionRow& row : all_options()) {
        const auto found = std::ranges::find(table, row.name, &Reported::option);
        places.push_back(
            static_cast<std::uint8_t>(found == table.end() ? nowhere : found - table.begin()));
    }
    return places;
}

// The kernel replies before send(2) returns.
bool SocketDiag::exchange(Span request) {
    if (!netlink_.valid() && !unavailable_)
        if (auto opened = Socket::open(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG))
            netlink_ = std::move(*opened);
    unavailable_ = unavailable_ || !netlink_.valid() || !netlink_.send(request).done();
    if (unavailable_)
        return false;
    const auto got = ::recv(netlink_.native(), reply_.data(), reply_.size(), MSG_DONTWAIT);
    const auto header = from_bytes<nlmsghdr>(reply_);
    return got >= static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))) &&
           header.nlmsg_len <= static_cast<std::size_t>(got) &&
           header.nlmsg_type == SOCK_DIAG_BY_FAMILY && header.nlmsg_seq == sequence_;
}

void SocketDiag::ask(const Socket& socket, const SocketFacts& facts) {
    reported_ = false;
    family_ = facts.kind.family;
    std::uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (!may_be_reported(facts) ||
        ::getsockopt(socket.native(), SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0)
        return;
    const Request request = request_for(facts, cookie, ++sequence_);
    if (!exchange(std::as_bytes(std::span(&request, 1))))
        return;
    if (places_.empty())
        places_ = find_places();
    reported_ = true;
    attributes_.fill({});
    Span rest = Span(reply_).first(from_bytes<nlmsghdr>(reply_).nlmsg_len).subspan(NLMSG_HDRLEN);
    attributes_[INET_DIAG_NONE] = rest.first(sizeof(inet_diag_msg));
    rest = rest.subspan(NLMSG_ALIGN(sizeof(inet_diag_msg)));
    while (rest.size() >= sizeof(rtattr)) {
        const auto head = from_bytes<rtattr>(rest);
        if (head.rta_len < sizeof head || head.rta_len > rest.size())
            break;
        if (head.rta_type < attributes_.size())
            attributes_[head.rta_type] = rest.subspan(sizeof head, head.rta_len - sizeof head);
        rest = rest.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), rest.size()));
    }
}

std::optional<Span> SocketDiag::value(std::size_t place, const OptionRow& row) {
    const Reported& entry = table[place];
    const Span attribute = attributes_[static_cast<std::size_t>(entry.attribute)];
    if (attribute.empty() || (row.level == OptionLevel::ipv6 && family_ != AF_INET6))
        return std::nullopt;
    if (row.type == ValueType::structure)
        return attribute;
    if (entry.number == nullptr) {  // a name, which getsockopt(2) pads with zeros
        value_.fill({});
        std::copy_n(attribute.begin(), std::min(attribute.size(), value_.size()), value_.begin());
        return value_;
    }
    const std::uint64_t number = entry.number(attribute);
    const auto half = static_cast<std::uint32_t>(number);
    if (row.width == sizeof number)
        std::memcpy(value_.data(), &number, sizeof number);
    else
        std::memcpy(value_.data(), &half, sizeof half);
    return Span(value_).first(row.width);
}

}  // namespace sockbox::net

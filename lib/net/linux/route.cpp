// Route lookup on Linux, by RTM_GETROUTE of rtnetlink(7).
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/linux/netlink_dump.h"
#include "net/route.h"
#include "net/socket.h"

namespace sockbox::net {
namespace {

constexpr std::size_t aligned(std::size_t length) {
    return (length + RTA_ALIGNTO - 1) / RTA_ALIGNTO * RTA_ALIGNTO;
}

// A message about one route, to or from the kernel. Attributes follow each other, each aligned.
struct NetlinkMessage {
    nlmsghdr header{};
    rtmsg route{};
    std::array<std::byte, 4096> attributes{};

    static constexpr std::size_t fixed = sizeof header + sizeof route;

    void add(unsigned short type, std::span<const std::byte> value) {
        rtattr head{};
        head.rta_type = type;
        head.rta_len = static_cast<unsigned short>(sizeof head + value.size());
        std::byte* place = attributes.data() + (header.nlmsg_len - fixed);
        std::memcpy(place, &head, sizeof head);
        std::memcpy(place + sizeof head, value.data(), value.size());
        header.nlmsg_len += static_cast<std::uint32_t>(aligned(head.rta_len));
    }
};

NetlinkMessage question(const Endpoint& destination, const Endpoint& source) {
    NetlinkMessage message;
    message.header.nlmsg_len = NetlinkMessage::fixed;
    message.header.nlmsg_type = RTM_GETROUTE;
    message.header.nlmsg_flags = NLM_F_REQUEST;
    message.route.rtm_family = static_cast<unsigned char>(native_family(destination.family()));
    message.route.rtm_dst_len = static_cast<unsigned char>(destination.bytes().size() * 8);
    message.route.rtm_src_len = static_cast<unsigned char>(source.bytes().size() * 8);
    message.add(RTA_DST, destination.bytes());
    message.add(RTA_SRC, source.bytes());
    if (const std::uint32_t scope = destination.scope_id(); scope != 0)
        message.add(RTA_OIF, std::as_bytes(std::span(&scope, 1)));
    return message;
}

tl::unexpected<Error> failure(int code, const Endpoint& destination) {
    return fail({std::error_code(code, platform::error_category()),
                 "route to",
                 destination.address(),
                 {},
                 {}});
}

// The interface index in the kernel's reply of `length` bytes.
Result<unsigned> read_reply(const NetlinkMessage& reply, std::size_t length,
                            const Endpoint& destination) {
    if (length < NetlinkMessage::fixed)
        return failure(EBADMSG, destination);
    if (reply.header.nlmsg_type == NLMSG_ERROR) {
        int code = 0;  // the first member of nlmsgerr, which is in the place of the route
        std::memcpy(&code, &reply.route, sizeof code);
        return failure(-code, destination);
    }
    const auto value =
        find_attribute(std::span(reply.attributes).first(length - NetlinkMessage::fixed), RTA_OIF);
    unsigned index = 0;
    if (value.size() != sizeof index)
        return failure(ENETUNREACH, destination);
    std::memcpy(&index, value.data(), sizeof index);
    return index;
}

}  // namespace

Result<unsigned> interface_of_route(const Endpoint& destination, const Endpoint& source) {
    auto socket = Socket::open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (!socket)
        return fail(socket.error());
    NetlinkMessage message = question(destination.unmapped(), source.unmapped());
    const auto bytes = std::as_writable_bytes(std::span(&message, 1));
    if (const Transfer sent = socket->send(bytes.first(message.header.nlmsg_len)); !sent.done())
        return failure(sent.error.value(), destination);
    // Does not block: the kernel queued its reply during the send.
    const Transfer got = socket->receive(bytes);
    if (!got.done())
        return failure(got.error.value(), destination);
    return read_reply(message, got.bytes, destination);
}

}  // namespace sockbox::net

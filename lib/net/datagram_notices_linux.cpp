// The error queue of a Linux socket (ip(7), IP_RECVERR).
#include "net/icmp.h"

#include <linux/errqueue.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sockbox::net {
namespace {

std::optional<IcmpError> read_extended(const cmsghdr& header) {
    const bool v4 = header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR;
    const bool v6 = header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6)
        return std::nullopt;
    sock_extended_err native{};
    const unsigned char* data = CMSG_DATA(&header);
    std::memcpy(&native, data, sizeof native);
    IcmpError error;
    error.code = {static_cast<int>(native.ee_errno), platform::error_category()};
    if (native.ee_origin != SO_EE_ORIGIN_ICMP && native.ee_origin != SO_EE_ORIGIN_ICMP6)
        return error;
    error.type = native.ee_type;
    error.icmp_code = native.ee_code;
    error.info = native.ee_info;
    sockaddr_storage offender{};
    const std::size_t length = header.cmsg_len - CMSG_LEN(sizeof native);
    std::memcpy(&offender, data + sizeof native, std::min(length, sizeof offender));
    const auto sender = Endpoint::from_native(
        static_cast<const sockaddr*>(static_cast<const void*>(&offender)), sizeof offender);
    if (sender)
        error.sender = *sender;
    return error;
}

}  // namespace

Status want_icmp_errors(Socket& socket, Family family) {
    if (family == Family::ipv6)
        return socket.set_option(SOL_IPV6, IPV6_RECVERR, 1);
    return socket.set_option(SOL_IP, IP_RECVERR, 1);
}

std::optional<IcmpError> take_icmp_error(Socket& socket) {
    std::array<std::byte, 64> payload;
    iovec part{payload.data(), payload.size()};
    alignas(cmsghdr) std::array<std::byte, 512> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const std::ptrdiff_t got = ::recvmsg(socket.native(), &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0)
        return std::nullopt;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header))
        if (auto error = read_extended(*header)) {
            error->datagram.assign(static_cast<const char*>(static_cast<void*>(payload.data())),
                                   static_cast<std::size_t>(got));
            return error;
        }
    return std::nullopt;
}

}  // namespace sockbox::net

// The error queue of a Linux socket (ip(7), IP_RECVERR; SO_TIMESTAMPING).
#include "net/datagram_notices.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

namespace sockbox::net {
namespace {

bool is_extended_error(const cmsghdr& header) {
    return (header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR) ||
           (header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR);
}

std::optional<Endpoint> read_sender(const cmsghdr& header) {
    sockaddr_storage offender{};
    const std::size_t length = header.cmsg_len - CMSG_LEN(sizeof(sock_extended_err));
    std::memcpy(&offender, CMSG_DATA(&header) + sizeof(sock_extended_err),
                std::min(length, sizeof offender));
    const auto sender = Endpoint::from_native(
        static_cast<const sockaddr*>(static_cast<const void*>(&offender)), sizeof offender);
    return sender ? std::optional(*sender) : std::nullopt;
}

IcmpError icmp_error(const sock_extended_err& native, const cmsghdr& header) {
    IcmpError error;
    error.code = {static_cast<int>(native.ee_errno), platform::error_category()};
    error.info = native.ee_info;
    if (native.ee_origin != SO_EE_ORIGIN_ICMP && native.ee_origin != SO_EE_ORIGIN_ICMP6)
        return error;  // this host's own, such as a datagram above the path MTU that it knows
    error.type = native.ee_type;
    error.icmp_code = native.ee_code;
    error.sender = read_sender(header);
    return error;
}

// The first of the three times is the kernel's own; the others are hardware's.
std::chrono::nanoseconds read_time(const cmsghdr& header) {
    timespec time{};
    std::memcpy(&time, CMSG_DATA(&header), sizeof time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Notice read_notice(msghdr& message) {
    Notice notice;
    std::chrono::nanoseconds time{};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_TIMESTAMPING)
            time = read_time(*header);
        if (!is_extended_error(*header))
            continue;
        sock_extended_err native{};
        std::memcpy(&native, CMSG_DATA(header), sizeof native);
        if (native.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
            notice.left = SendStamp{native.ee_data, time};
        else
            notice.error = icmp_error(native, *header);
    }
    if (notice.left)
        notice.left->at = time;
    return notice;
}

}  // namespace

Status want_icmp_errors(Socket& socket, Family family) {
    if (family == Family::ipv6)
        return socket.set_option(SOL_IPV6, IPV6_RECVERR, 1);
    return socket.set_option(SOL_IP, IP_RECVERR, 1);
}

bool tells_icmp_senders() noexcept {
    return true;
}

std::optional<Notice> take_notice(Socket& socket) {
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
    Notice notice = read_notice(message);
    if (notice.error)
        notice.error->datagram.assign(static_cast<const char*>(static_cast<void*>(payload.data())),
                                      static_cast<std::size_t>(got));
    return notice;
}

Status want_stamps(Socket& socket, Stamps stamps) {
    int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
    if (stamps == Stamps::arrivals_and_sends)
        flags |=
            SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
    return socket.set_option(SOL_SOCKET, SO_TIMESTAMPING, flags);
}

}  // namespace sockbox::net

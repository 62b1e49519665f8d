// Walks through the messages and attributes of a netlink dump.
#include "net/linux/netlink_dump.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "net/object_bytes.h"
#include "net/socket.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> failure(int code, const std::string& subject) {
    return fail({{code, platform::error_category()}, "list", subject, {}, {}});
}

// Calls `use` for the body of each message of the reply. Returns whether the list is complete.
Result<bool> each_message(const Socket& socket, const std::string& subject,
                          const DumpReply::Use& use) {
    std::vector<std::byte> buffer(32 * 1024);
    DumpReply reply(subject);
    for (;;) {
        const auto got = ::recv(socket.native(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_last("list", subject);
        auto ended = reply.take(std::span(buffer).first(static_cast<std::size_t>(got)), use);
        if (!ended)
            return ended;
        if (*ended)
            return !reply.torn();
    }
}

}  // namespace

Result<bool> DumpReply::take(std::span<const std::byte> rest, const Use& use) {
    constexpr std::size_t header_bytes = NLMSG_HDRLEN;
    while (rest.size() >= header_bytes) {
        const auto header = from_bytes<nlmsghdr>(rest);
        torn_ = torn_ || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (header.nlmsg_type == NLMSG_DONE)
            return true;
        if (header.nlmsg_len < header_bytes || header.nlmsg_len > rest.size())
            return failure(EBADMSG, subject_);
        const auto body = rest.subspan(header_bytes, header.nlmsg_len - header_bytes);
        if (header.nlmsg_type == NLMSG_ERROR)
            return failure(-from_bytes<int>(body), subject_);
        use(body);
        rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
    return false;
}

// A list that changed while it was read is read again, a few times.
Status netlink_dump(int protocol, std::span<const std::byte> request, const std::string& subject,
                    const DumpReply::Use& use) {
    constexpr int max_tries = 8;
    for (int tries = 0; tries < max_tries; ++tries) {
        auto socket = Socket::open(AF_NETLINK, SOCK_RAW, protocol);
        if (!socket)
            return fail(socket.error());
        if (const auto sent = socket->send(request); !sent.done())
            return fail({sent.error, "list", subject, {}, {}});
        const auto complete = each_message(*socket, subject, use);
        if (!complete)
            return fail(complete.error());
        if (*complete)
            return {};
    }
    return fail({platform::error_of(std::errc::interrupted),
                 "list",
                 subject,
                 "the kernel's list changed each time while it was read",
                 {}});
}

std::span<const std::byte> find_attribute(std::span<const std::byte> attributes,
                                          unsigned short type) {
    while (attributes.size() >= sizeof(rtattr)) {
        const auto head = from_bytes<rtattr>(attributes);
        if (head.rta_len < sizeof head || head.rta_len > attributes.size())
            break;
        if (head.rta_type == type)
            return attributes.subspan(sizeof head, head.rta_len - sizeof head);
        attributes =
            attributes.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), attributes.size()));
    }
    return {};
}

}  // namespace sockbox::net

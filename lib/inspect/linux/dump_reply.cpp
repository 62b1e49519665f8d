// Walks through the messages of a netlink dump.
#include "inspect/linux/dump_reply.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>

#include "option/codec.h"
#include "system/platform.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> failure(int code) {
    return fail({{code, platform::error_category()}, "list", "sockets", {}, {}});
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
            return failure(EBADMSG);
        const auto body = rest.subspan(header_bytes, header.nlmsg_len - header_bytes);
        if (header.nlmsg_type == NLMSG_ERROR)
            return failure(-from_bytes<int>(body));
        use(body);
        rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
    return false;
}

}  // namespace sockbox::net

// Tests of taking netlink replies apart, with bytes made by hand.
#include "net/linux/netlink_dump.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <vector>

#include "net/object_bytes.h"

namespace sockbox::net {
namespace {

using Bytes = std::vector<std::byte>;

Bytes message(unsigned short type, unsigned short flags, const Bytes& body) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    Bytes bytes = to_bytes(header);
    bytes.insert(bytes.end(), body.begin(), body.end());
    bytes.resize(NLMSG_ALIGN(bytes.size()));
    return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

constexpr unsigned short entry = 20;
const Bytes body(6, std::byte{7});
const Bytes done = message(NLMSG_DONE, NLM_F_MULTI, {});

TEST(DumpReply, GivesTheBodiesUntilTheEnd) {
    DumpReply reply("sockets");
    int bodies = 0;
    const auto use = [&](std::span<const std::byte> found) {
        ++bodies;
        EXPECT_TRUE(std::equal(found.begin(), found.end(), body.begin(), body.end()));
    };
    const Bytes two = message(entry, NLM_F_MULTI, body) + message(entry, NLM_F_MULTI, body);
    EXPECT_EQ(reply.take(two, use).value(), false);
    EXPECT_EQ(reply.take(message(entry, NLM_F_MULTI, body) + done, use).value(), true);
    EXPECT_EQ(bodies, 3);
    EXPECT_FALSE(reply.torn());
}

TEST(DumpReply, NoticesThatTheListChanged) {
    for (const Bytes& bytes : {message(entry, NLM_F_MULTI | NLM_F_DUMP_INTR, body) + done,
                               message(entry, NLM_F_MULTI, body) +
                                   message(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, {})}) {
        DumpReply reply("sockets");
        EXPECT_EQ(reply.take(bytes, [](auto) {}).value(), true);
        EXPECT_TRUE(reply.torn());
    }
}

TEST(DumpReply, FailsOnErrorsAndOnNonsense) {
    DumpReply reply("sockets");
    const auto refused = reply.take(message(NLMSG_ERROR, 0, to_bytes(int{-EPERM})), [](auto) {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code.value(), EPERM);
    Bytes cut = message(entry, NLM_F_MULTI, body);
    cut.resize(cut.size() - 4);
    const auto malformed = reply.take(cut, [](auto) {});
    ASSERT_FALSE(malformed);
    EXPECT_EQ(malformed.error().code.value(), EBADMSG);
}

TEST(FindAttribute, ReturnsTheFirstOfItsType) {
    const auto attribute = [](unsigned short type, const Bytes& value) {
        Bytes bytes =
            to_bytes(rtattr{static_cast<unsigned short>(sizeof(rtattr) + value.size()), type});
        bytes.insert(bytes.end(), value.begin(), value.end());
        bytes.resize(RTA_ALIGN(bytes.size()));
        return bytes;
    };
    const Bytes value(3, std::byte{9});
    const Bytes bytes = attribute(1, {}) + attribute(2, value) + attribute(2, body);
    const auto found = find_attribute(bytes, 2);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), value.begin(), value.end()));
    EXPECT_TRUE(find_attribute(bytes, 3).empty());
    const std::span cut = std::span(bytes).first(sizeof(rtattr) + sizeof(rtattr) + 2);
    EXPECT_TRUE(find_attribute(cut, 2).empty()) << "longer than what is there";
    EXPECT_TRUE(find_attribute(Bytes(8), 0).empty()) << "shorter than an attribute";
}

}  // namespace
}  // namespace sockbox::net

// Tests of the names of flags, types and protocols in lib/net/resolver.
#include "net/resolver.h"

#include <gmock/gmock.h>

#include "system/platform.h"

namespace sockbox::net {
namespace {

using testing::ElementsAre;

TEST(AddrinfoNames, NumbersHaveSymbols) {
    EXPECT_EQ(address_family_symbol(AF_INET6), "AF_INET6");
    EXPECT_EQ(socket_type_symbol(SOCK_SEQPACKET), "SOCK_SEQPACKET");
    EXPECT_EQ(protocol_symbol(132), "IPPROTO_SCTP");
    EXPECT_EQ(protocol_symbol(262), "IPPROTO_MPTCP");
    EXPECT_EQ(protocol_symbol(0), "IPPROTO_IP");
    EXPECT_EQ(socket_type_symbol(0), "");
    EXPECT_EQ(socket_type_symbol(77), "");
    EXPECT_EQ(protocol_symbol(-1), "");
}

TEST(AddrinfoNames, FlagsAreListedAndStrangeBitsKept) {
    EXPECT_THAT(flag_symbols(0), ElementsAre());
    EXPECT_THAT(flag_symbols(AI_PASSIVE | AI_NUMERICSERV),
                ElementsAre("AI_PASSIVE", "AI_NUMERICSERV"));
    EXPECT_THAT(flag_symbols(AI_CANONNAME | 0x10000000), ElementsAre("AI_CANONNAME", "0x10000000"));
}

TEST(AddrinfoNames, WordsAndNumbersAreRead) {
    EXPECT_EQ(*parse_socket_type("any"), 0);
    EXPECT_EQ(*parse_socket_type("dgram"), SOCK_DGRAM);
    EXPECT_EQ(*parse_socket_type("6"), 6);
    EXPECT_EQ(*parse_protocol("mptcp"), 262);
    EXPECT_EQ(*parse_protocol("200"), 200);
    EXPECT_EQ(*parse_resolver_flags("passive,all"), AI_PASSIVE | AI_ALL);
    EXPECT_EQ(*parse_resolver_flags("65536,canonname"), 65536 | AI_CANONNAME);
}

TEST(AddrinfoNames, AnythingElseIsRejectedAndNamed) {
    for (const char* text : {"", "STREAM", "-1", "stream ", "0x1", "99999999999"}) {
        const auto type = parse_socket_type(text);
        ASSERT_FALSE(type) << text;
        EXPECT_THAT(type.error().message(),
                    testing::StartsWith("'" + std::string(text) + "' is not one of any, "));
    }
    EXPECT_FALSE(parse_protocol("nosuch-protocol"));
    for (const char* text : {"", ",", "passive,", ",passive", "passive,,all", "AI_PASSIVE"})
        EXPECT_FALSE(parse_resolver_flags(text)) << text;
}

}  // namespace
}  // namespace sockbox::net

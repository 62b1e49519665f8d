// Tests of lib/net/resolver that need no name server.
#include "net/resolver.h"

#include <gmock/gmock.h>

#include "tests/support.h"

namespace sockbox::net {
namespace {

using testing::HasSubstr;

Result<Resolution> numeric(const std::string& host, const std::string& service = {}) {
    return resolve(host, service, {AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, 0});
}

TEST(Resolve, EveryFieldComesOut) {
    const auto answer =
        resolve("127.0.0.1", "80", {AI_NUMERICHOST | AI_CANONNAME, AF_UNSPEC, 0, 0});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->canonical_name, "127.0.0.1");
    ASSERT_GE(answer->addresses.size(), 2U);  // at least one entry each for stream and datagram
    const ResolvedAddress& node = answer->addresses.front();
    EXPECT_EQ(node.family, AF_INET);
    if (!test::on_wine()) {  // Wine leaves fields that were not requested empty
        EXPECT_EQ(node.socktype, SOCK_STREAM);
        EXPECT_EQ(node.protocol, IPPROTO_TCP);
    }
    EXPECT_EQ(node.endpoint.to_string(), "127.0.0.1:80");
    EXPECT_EQ(node.sockaddr_bytes.size(), sizeof(sockaddr_in));
}

TEST(Resolve, FailuresAreTheResolversCodes) {
    for (const char* host : {"256.1.1.1", "08.0.0.1", "127.0.0.1 x", "1::2::3", "12345::", "a b"}) {
        const auto answer = numeric(host);
        ASSERT_FALSE(answer) << host;
        EXPECT_EQ(answer.error().code, std::error_code(EAI_NONAME, resolver_category())) << host;
        EXPECT_THAT(answer.error().message(), HasSubstr("resolve " + std::string(host) + ": "));
        EXPECT_THAT(answer.error().message(), HasSubstr("(EAI_NONAME)"));
    }
    EXPECT_FALSE(resolve({}, {}, {}));
}

TEST(Resolve, HostileNamesAreEscapedInTheMessage) {
    const auto answer = numeric("\x1b[31m%s%n");
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(), HasSubstr("resolve \\x1b[31m%s%n: "));
}

TEST(ResolvePort, ChecksNumbersBeforeTheResolverDoes) {
    EXPECT_EQ(*resolve_port("80", Transport::tcp), 80);
    EXPECT_EQ(*resolve_port("0", Transport::udp), 0);
    for (const char* text : {"", "65536", "70000", "+80", "-1", "080", "0x50", " 80", "80 ", "1.5",
                             "80x", "nosuch-service"})
        EXPECT_FALSE(resolve_port(text, Transport::tcp)) << text;
    EXPECT_FALSE(resolve_port("0", Transport::tcp, 1));
}

TEST(ResolveEndpoints, EachAddressOnce) {
    const auto endpoints = resolve_endpoints("127.0.0.1", 3490, Family::any, Transport::tcp);
    ASSERT_TRUE(endpoints);
    EXPECT_THAT(*endpoints, testing::ElementsAre(*Endpoint::parse("127.0.0.1", 3490)));
    EXPECT_FALSE(resolve_endpoints("::1", 3490, Family::ipv4, Transport::tcp));
    EXPECT_EQ(resolve_endpoints("::1", 3490, Family::ipv6, Transport::udp)->front().port(), 3490);
}

TEST(ResolveEndpoints, ReportsThatOnlyTheOtherFamilyExists) {
    const auto hint = [](const char* host, Family family) {
        const auto endpoints = resolve_endpoints(host, 3490, family, Transport::tcp);
        return endpoints ? "it has some" : endpoints.error().hint;
    };
    EXPECT_EQ(hint("127.0.0.1", Family::ipv6),
              "127.0.0.1 has only IPv4 addresses, but IPv6 was requested");
    EXPECT_EQ(hint("::1", Family::ipv4), "::1 has only IPv6 addresses, but IPv4 was requested");
    EXPECT_EQ(hint("127.0.0.1", Family::ipv4), "it has some");
}

}  // namespace
}  // namespace sockbox::net

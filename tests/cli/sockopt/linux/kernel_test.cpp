// Tests that sockopt reports faithfully what the kernel makes of extreme and misplaced values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "option/option.h"
#include "paths.h"
#include "system/host.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/child.h"
#include "tests/support.h"
#include "text/units.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::int64_t number(const std::string& text) {
    return net::parse_integer(text, 0, INT64_MAX).value_or(-1);
}

// The value that getsockopt returns on a new socket after the request.
std::string granted(const std::string& word) {
    const Ran ran = sockopt({"-n", word});
    return ran.status == 0 && !ran.out.empty() ? ran.out.substr(0, ran.out.size() - 1) : ran.err;
}

TEST(SockoptKernel, BuffersAreDoubledAndBounded) {
    EXPECT_EQ(granted("SO_RCVBUF=10000"), "20000");
    EXPECT_EQ(granted("SO_SNDBUF=10000"), "20000");
    EXPECT_EQ(granted("SO_RCVBUF=1"), "2304");  // SOCK_MIN_RCVBUF
    EXPECT_EQ(granted("SO_SNDBUF=1"), "4608");  // SOCK_MIN_SNDBUF
    const auto most = net::read_sysctl("net.core.rmem_max");
    ASSERT_TRUE(most);
    EXPECT_EQ(number(granted("SO_RCVBUF=2147483647")), 2 * number(*most));
}

// The kernel accepts both ends of every range and grants them unchanged.
TEST(SockoptKernel, TheEndsOfEveryRangeAreGranted) {
    struct Ends {
        Words socket;
        Words requests;
    };
    for (const Ends& ends :
         std::vector<Ends>{{{}, {"TCP_KEEPIDLE=1", "TCP_KEEPIDLE=32767", "TCP_KEEPINTVL=1"}},
                           {{}, {"TCP_KEEPINTVL=32767", "TCP_KEEPCNT=1", "TCP_KEEPCNT=127"}},
                           {{}, {"TCP_SYNCNT=1", "TCP_SYNCNT=127", "TCP_USER_TIMEOUT=0"}},
                           {{}, {"IP_TTL=1", "IP_TTL=255", "IP_MINTTL=0", "IP_MINTTL=255"}},
                           {{}, {"IP_MTU_DISCOVER=dont", "IP_MTU_DISCOVER=omit", "SO_LINGER=on,5"}},
                           {{"--type", "udp"}, {"IP_MULTICAST_TTL=0", "IP_MULTICAST_TTL=255"}},
                           {{"--type", "udp"}, {"UDP_SEGMENT=0", "UDP_SEGMENT=65535"}},
                           {{"-6"}, {"IPV6_UNICAST_HOPS=0", "IPV6_UNICAST_HOPS=255"}},
                           {{"-6", "--type", "udp"}, {"IPV6_TCLASS=0", "IPV6_TCLASS=255"}}}) {
        Words words = ends.socket;
        words.emplace_back("--strict");
        words.insert(words.end(), ends.requests.begin(), ends.requests.end());
        const Ran ran = sockopt(words);
        EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
        EXPECT_EQ(lines(ran.out).size(), ends.requests.size());
    }
}

// A request for the default is satisfied, whatever the default is.
TEST(SockoptKernel, TheDefaultIsGrantedByItsValue) {
    const Ran ran = sockopt({"--strict", "IP_TTL=7", "IP_TTL=default"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("IP_TTL: 7 -> "));
    EXPECT_THAT(ran.out, HasSubstr(" (asked default; the system's own value)\n"));
}

TEST(SockoptKernel, ReadOnlyOptionsAreNotSet) {
    for (const char* name :
         {"SO_TYPE", "SO_ERROR", "SO_ACCEPTCONN", "SO_PROTOCOL", "SO_DOMAIN", "TCP_INFO",
          "SO_SNDLOWAT", "SO_INCOMING_NAPI_ID", "IP_MTU", "SO_COOKIE", "SO_PEERCRED"}) {
        const Ran ran = sockopt({std::string(name) + "=1"});
        EXPECT_EQ(ran.status, tools::exit_usage) << name;
        EXPECT_THAT(ran.err, HasSubstr(std::string(name) + " is read-only")) << name;
    }
}

// The kernel has four different errors for this; the user sees one sentence, with the error.
TEST(SockoptKernel, AnOptionOfAnotherKindOfSocket) {
    for (const Words& args : std::vector<Words>{{"--type", "udp", "TCP_NODELAY"},
                                                {"--type", "udp", "TCP_NODELAY=on"},
                                                {"IPV6_V6ONLY"},
                                                {"IPV6_TCLASS=1"},
                                                {"UDP_GRO"},
                                                {"UDP_GRO=on"},
                                                {"SO_PASSCRED=on"},
                                                {"IP_MULTICAST_TTL=2"},
                                                {"-6", "IPV6_MULTICAST_HOPS=2"}}) {
        const Ran ran = sockopt(args);
        EXPECT_EQ(ran.status, tools::exit_refused) << args.back();
        EXPECT_THAT(ran.err, AllOf(HasSubstr("not supported by this socket ("), HasSubstr(" (E")))
            << args.back();
    }
}

TEST(SockoptKernel, SomeCanOnlyBeSetInTime) {
    auto socket = net::Socket::open(net::Family::ipv6, net::Transport::tcp);
    if (!socket || !socket->bind(net::Endpoint::loopback(net::Family::ipv6)))
        GTEST_SKIP() << "no IPv6";
    const Ran ran = sockopt({"--fd", std::to_string(socket->native()), "IPV6_V6ONLY=on"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("it can only be set before the socket is bound (EINVAL)"));
}

TEST(SockoptKernel, InterfacesAreNamedAndChecked) {
    EXPECT_EQ(sockopt({"SO_BINDTODEVICE=lo", "SO_BINDTOIFINDEX"}).out,
              "SO_BINDTODEVICE:  -> lo\nSO_BINDTOIFINDEX = 1 (lo)\n");
    EXPECT_EQ(sockopt({"SO_BINDTODEVICE=abcdefghijklmnopqrstuvwxyz"}).status, tools::exit_usage);
    EXPECT_EQ(sockopt({"SO_BINDTODEVICE=nosuch"}).status, tools::exit_refused);
}

TEST(SockoptKernel, MasksByNameBothWays) {
    EXPECT_EQ(sockopt({"SO_TIMESTAMPING=RX_SOFTWARE|SOF_TIMESTAMPING_SOFTWARE"}).out,
              "SO_TIMESTAMPING: none -> RX_SOFTWARE|SOFTWARE\n");
    EXPECT_THAT(sockopt({"--json", "SO_TIMESTAMPING=0x18"}).out,
                HasSubstr(R"("granted":["RX_SOFTWARE","SOFTWARE"])"));
}

TEST(SockoptKernel, StringsAndStructures) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const Ran peer = sockopt({"--fd", std::to_string(ends[0]), "SO_PEERCRED"});
    EXPECT_THAT(peer.out, HasSubstr("SO_PEERCRED = pid " + std::to_string(::getpid()) +
                                    ", process sockbox_tests, uid " + std::to_string(::getuid())));
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(sockopt({"IP_OPTIONS=0x01010101", "IP_OPTIONS"}).out,
              "IP_OPTIONS: 0x -> 0x01010101\nIP_OPTIONS = 0x01010101\n");
    EXPECT_EQ(sockopt({"TCP_CONGESTION=reno", "TCP_ULP"}).out.substr(0, 15), "TCP_CONGESTION:");
    EXPECT_THAT(sockopt({"TCP_CONGESTION=reno", "-n"}).out, "reno\n");
    EXPECT_THAT(sockopt({"SO_MEMINFO"}).out, HasSubstr("rmem_alloc 0 bytes, rcvbuf "));
    EXPECT_THAT(sockopt({"TCP_ULP=nosuch"}).err, HasSubstr("no such algorithm or protocol"));
}

TEST(SockoptKernel, AGroupIsLeftOnlyByItsMembers) {
    const Ran ran = sockopt({"--type", "udp", "IP_DROP_MEMBERSHIP=224.0.0.251,lo"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("not a member of this group"));
    EXPECT_THAT(sockopt({"--type", "udp", "IP_ADD_MEMBERSHIP=192.0.2.1"}).err,
                HasSubstr("multicast address"));
}

// Only root may choose these; for other users the error lists what is allowed.
TEST(SockoptKernel, ADisallowedAlgorithmIsRefusedWithTheAllowedOnes) {
    const auto all = net::read_sysctl("net.ipv4.tcp_available_congestion_control");
    const auto allowed = net::read_sysctl("net.ipv4.tcp_allowed_congestion_control");
    const std::string privileged = "cubic";
    const bool has = all && allowed && all->find(privileged) != all->npos &&
                     allowed->find(privileged) == allowed->npos;
    if (!has || ::geteuid() != 0 || ::access("/usr/bin/setpriv", X_OK) != 0)
        GTEST_SKIP() << "needs root, setpriv, and an algorithm that is not allowed to all";
    Process process({"/usr/bin/setpriv", "--reuid", "65534", "--clear-groups",
                     SOCKBOX_BIN_DIR "/sockopt", "TCP_CONGESTION=" + privileged});
    const Ran ran = process.wait();
    if (ran.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("(EPERM)"), HasSubstr("are allowed: " + *allowed)));
}

}  // namespace
}  // namespace sockbox::test

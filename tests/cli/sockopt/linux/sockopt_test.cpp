// Tests of sockopt with Linux's limits, kinds of sockets and inherited descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "option/option.h"
#include "paths.h"
#include "system/host.h"
#include "tests/cli/sockopt/run.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string own_fd(int descriptor) {
    return std::to_string(descriptor);
}

TEST(SockoptLinux, ShowsWhatBecameOfABufferSize) {
    EXPECT_EQ(sockopt({"SO_RCVBUF=10000", "SO_RCVBUF=1"}).out.substr(0, 9), "SO_RCVBUF");
    EXPECT_THAT(sockopt({"SO_RCVBUF=10000"}).out,
                HasSubstr(" -> 20000 (asked 10000; Linux doubles it)"));
    EXPECT_THAT(sockopt({"SO_RCVBUF=1"}).out, HasSubstr("(asked 1; the kernel's minimum)"));
    const auto limit = net::read_sysctl("net.core.rmem_max");
    ASSERT_TRUE(limit);
    const Ran clamped = sockopt({"SO_RCVBUF=2147483647"});
    EXPECT_EQ(clamped.status, 0);
    EXPECT_THAT(clamped.out, HasSubstr("clamped by net.core.rmem_max = " + *limit));
    EXPECT_THAT(clamped.err, HasSubstr("hint: sysctl -w net.core.rmem_max=2147483647"));
}

TEST(SockoptLinux, VerboseExplainsABufferSize) {
    const Words fresh = lines(sockopt({"-v", "SO_RCVBUF"}).out);
    ASSERT_EQ(fresh.size(), 5U);
    EXPECT_THAT(fresh[3], HasSubstr("autotuned: the kernel resizes it within net.ipv4.tcp_rmem"));
    EXPECT_THAT(fresh[4], HasSubstr("to raise it: sysctl -w net.core.rmem_max="));
    const Words set = lines(sockopt({"-v", "SO_SNDBUF=10000"}).out);
    ASSERT_EQ(set.size(), 5U);
    EXPECT_EQ(set[1], "  asked 10000, stored 20000: Linux doubles it");
    EXPECT_THAT(set[3], HasSubstr("pinned: "));
    EXPECT_THAT(sockopt({"--explain", "SO_RCVBUF"}).out,
                AllOf(HasSubstr("never set, stored "), HasSubstr("sysctl -w ")));
    EXPECT_EQ(lines(sockopt({"-v", "-n", "SO_RCVBUF"}).out).size(), 1U);
}

TEST(SockoptLinux, StrictFailsOnAClampAndNotOnTheDoubling) {
    EXPECT_EQ(sockopt({"--strict", "SO_RCVBUF=10000"}).status, 0);
    const Ran clamped = sockopt({"--strict", "SO_RCVBUF=2147483647"});
    EXPECT_EQ(clamped.status, tools::exit_refused);
    EXPECT_THAT(clamped.err, testing::MatchesRegex(
                                 "sockopt: set SO_RCVBUF=2147483647: the value granted is [0-9]+: "
                                 "clamped by [^\n]*\nsockopt: hint: [^\n]*\n"));
}

// Twice the limit is granted to anyone who asks for more: that the number asked for is the same is
// an accident.
TEST(SockoptLinux, AClampToTheNumberAskedForIsReported) {
    for (const char* name : {"rmem_max", "wmem_max"}) {
        const auto limit = net::read_sysctl(std::string("net.core.") + name);
        ASSERT_TRUE(limit);
        const std::string asked = std::to_string(2 * std::stoll(*limit));
        const std::string option = name[0] == 'r' ? "SO_RCVBUF" : "SO_SNDBUF";
        const Ran ran = sockopt({"--strict", option + "=" + asked});
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_THAT(ran.out, HasSubstr(std::string("clamped by net.core.") + name));
        EXPECT_THAT(ran.err, HasSubstr(std::string("hint: sysctl -w net.core.") + name));
    }
}

TEST(SockoptLinux, ALowWaterMarkIsLimitedByTheBuffer) {
    EXPECT_THAT(sockopt({"SO_RCVLOWAT=2147483647"}).out,
                HasSubstr("clamped to half of the largest size in net.ipv4.tcp_rmem = "));
    EXPECT_THAT(sockopt({"SO_RCVBUF=8K", "SO_RCVLOWAT=1M"}).out,
                HasSubstr("-> 8192 (asked 1048576; clamped to half of SO_RCVBUF)"));
    EXPECT_THAT(sockopt({"SO_RCVLOWAT=0"}).out, HasSubstr("0 counts as 1"));
}

TEST(SockoptLinux, AnEndlessTimeoutIsNoOverflow) {
    net::Socket socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    const timeval time{9223372037, 0};
    ASSERT_EQ(::setsockopt(socket.native(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
    EXPECT_EQ(sockopt({"--fd", own_fd(socket.native()), "SO_RCVTIMEO"}).out,
              "SO_RCVTIMEO = 9223372036s\n");
}

TEST(SockoptLinux, ADumpHasWhatTheKernelAnswers) {
    const Ran ran = sockopt({});
    EXPECT_THAT(ran.out, HasSubstr("SO_BROADCAST = off (no effect on this kind of socket)\n"));
    EXPECT_THAT(ran.out, HasSubstr("SO_KEEPALIVE = off\n"));
    EXPECT_THAT(sockopt({"--json"}).out,
                HasSubstr(R"("name":"SO_BROADCAST","level":"SOL_SOCKET","number":6,"type":"flag",)"
                          R"("value":false,"unit":null,"default":false,"no_effect":true})"));
    EXPECT_THAT(sockopt({"--type", "udp"}).out, HasSubstr("SO_BROADCAST = off\n"));
}

TEST(SockoptLinux, JsonHasUnitsAndNoNumberForWhatHasNone) {
    EXPECT_THAT(sockopt({"--json", "TCP_INFO"}).out,
                AllOf(HasSubstr(R"("rtt_us":)"), HasSubstr(R"("last_data_sent_ms":)"),
                      HasSubstr(R"("snd_mss_bytes":)"), HasSubstr(R"("bytes_acked":)"),
                      HasSubstr(R"("pacing_rate_bytes_per_s":)"), HasSubstr(R"("lost":)")));
    EXPECT_THAT(sockopt({"--json", "SO_MAX_PACING_RATE"}).out, HasSubstr(R"("value":null)"));
    const std::string all = sockopt({"--json", "--all"}).out;
    EXPECT_THAT(
        all, AllOf(HasSubstr(R"("unread":"clears on read")"), HasSubstr(R"("unread":"write-only")"),
                   testing::Not(HasSubstr(R"("symbol":"")"))));
}

TEST(SockoptLinux, TransmitTimesCanBeSet) {
    const Ran ran = sockopt({"--type", "udp", "SO_TXTIME=1,0"});
    EXPECT_EQ(ran.out, "SO_TXTIME: clock 0, flags 0 -> clock 1, flags 0\n") << ran.err;
    EXPECT_EQ(sockopt({"--type", "udp", "SO_TXTIME=1"}).status, tools::exit_usage);
    EXPECT_EQ(sockopt({"--type", "udp", "SO_TXTIME=1,0,0"}).status, tools::exit_usage);
}

TEST(SockoptLinux, WhatIsPrintedIsTakenBack) {
    EXPECT_EQ(sockopt({"SO_LINGER=on,0", "SO_LINGER"}).out,
              "SO_LINGER: off -> on, 0 s (RST on close)\nSO_LINGER = on, 0 s (RST on close)\n");
    EXPECT_EQ(sockopt({"SO_LINGER=on, 0 s (RST on close)"}).out,
              "SO_LINGER: off -> on, 0 s (RST on close)\n");
    EXPECT_EQ(sockopt({"SO_ATTACH_FILTER=none"}).out, "SO_ATTACH_FILTER: none -> none\n");
}

TEST(SockoptLinux, WhatIsAddedMayHaveAUnit) {
    EXPECT_EQ(sockopt({"-n", "keepidle=60", "keepidle+=2m", "keepidle+=-30", "keepidle*=2"}).out,
              "60 s\n180 s\n150 s\n300 s\n");
    EXPECT_EQ(sockopt({"-n", "notsent_lowat=1K", "notsent_lowat+=64K"}).out, "1024\n66560\n");
}

TEST(SockoptLinux, WriteOnlyOptionsNameTheOneToRead) {
    const Ran ran = sockopt({"SO_RCVBUFFORCE"});
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_THAT(ran.err, HasSubstr("SO_RCVBUFFORCE is write-only, see SO_RCVBUF"));
}

TEST(SockoptLinux, AnUnknownAlgorithmIsRefusedWithTheKnownOnes) {
    const Ran ran = sockopt({"TCP_CONGESTION=nosuch"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("available: "), HasSubstr("(ENOENT)")));
}

TEST(SockoptLinux, StateAndDevicesAreExplained) {
    EXPECT_THAT(sockopt({"IP_MTU"}).err, HasSubstr("the socket is not connected (ENOTCONN)"));
    EXPECT_THAT(sockopt({"SO_BINDTODEVICE=nosuch"}).err, HasSubstr("no such interface (ENODEV)"));
    EXPECT_THAT(sockopt({"SO_BINDTOIFINDEX=99999"}).out, HasSubstr("no such interface"));
    EXPECT_THAT(sockopt({"SO_TIMESTAMPING=0xffffffff"}).err, HasSubstr("does not support all"));
    EXPECT_THAT(sockopt({"--type", "udp", "IP_ADD_MEMBERSHIP=224.0.0.251,lo",
                         "IP_ADD_MEMBERSHIP=224.0.0.251,lo"})
                    .err,
                HasSubstr("already a member of this group (EADDRINUSE)"));
    EXPECT_THAT(sockopt({"--type", "udp", "IP_ADD_MEMBERSHIP=224.0.0.251,nosuch"}).err,
                HasSubstr("nosuch"));
}

TEST(SockoptLinux, WindowsOptionsAreNotOnThisPlatform) {
    for (const char* word : {"SO_EXCLUSIVEADDRUSE", "SO_EXCLUSIVEADDRUSE=on", "SO_DONTLINGER",
                             "SO_CONDITIONAL_ACCEPT", "SO_UPDATE_ACCEPT_CONTEXT"}) {
        const Ran ran = sockopt({word});
        EXPECT_EQ(ran.status, tools::exit_refused) << word;
        EXPECT_THAT(ran.err, HasSubstr("not supported on this platform (Windows only)"));
    }
}

TEST(SockoptLinux, EveryKindOfSocketCanBeDumped) {
    struct Kind {
        int family;
        int type;
        int protocol;
        const char* json;
    };
    for (const Kind& kind :
         std::vector<Kind>{{AF_UNIX, SOCK_SEQPACKET, 0, R"("family":"UNIX")"},
                           {AF_NETLINK, SOCK_RAW, 0, R"("family":"netlink")"},
                           {AF_PACKET, SOCK_RAW, 0, R"("family":"packet")"},
                           {AF_VSOCK, SOCK_STREAM, 0, R"("family":"vsock")"},
                           {AF_INET, SOCK_RAW, 1, R"("protocol":"icmp")"},
                           {AF_INET, SOCK_DGRAM, 1, R"("protocol":"icmp")"},
                           {AF_INET6, SOCK_DGRAM, 136, R"("protocol":"udplite")"}}) {
        const int descriptor = ::socket(kind.family, kind.type, kind.protocol);
        if (descriptor < 0)
            continue;  // not supported or not permitted here
        const Ran ran = sockopt({"--json", "--fd", own_fd(descriptor)});
        EXPECT_EQ(ran.status, 0) << kind.json;
        EXPECT_THAT(ran.out, HasSubstr(kind.json));
        EXPECT_THAT(ran.out, testing::Not(HasSubstr("TCP_")));
        ::close(descriptor);
    }
}

TEST(SockoptLinux, AnInheritedDescriptorIsReadAndSet) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(sockopt({"--fd", own_fd(descriptor), "SO_KEEPALIVE=on"}).out,
              "SO_KEEPALIVE: off -> on\n");
    int on = 0;
    socklen_t length = sizeof on;
    ASSERT_EQ(::getsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, &length), 0);
    EXPECT_EQ(on, 1);
    ::close(descriptor);
}

TEST(SockoptLinux, AnythingButASocketIsNamed) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Ran ran = sockopt({"--fd", own_fd(ends[0])});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("not a socket (pipe:["));
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_THAT(sockopt({"--fd", "1000000000"}).err, HasSubstr("descriptor 1000000000: not open"));
}

// The pending error belongs to the owner: a dump must not clear it.
TEST(SockoptLinux, ADumpDoesNotTakeThePendingError) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp);
    ASSERT_TRUE(socket);
    auto listener = net::Socket::open(net::Family::ipv4, net::Transport::tcp);
    ASSERT_TRUE(listener->bind(net::Endpoint::loopback(net::Family::ipv4)));
    const auto closed = listener->local();
    listener->close();
    ASSERT_TRUE(socket->set_blocking(false));
    if (!socket->connect(*closed).would_block())
        GTEST_SKIP() << "the refusal came before it could be pending";
    EXPECT_EQ(sockopt({"-a", "--fd", own_fd(socket->native())}).status, 0);
    EXPECT_EQ(socket->take_error(), std::errc::connection_refused);
}

TEST(SockoptLinux, OutputThatCannotBeWrittenIsAFailure) {
    if (::access("/dev/full", W_OK) != 0)
        GTEST_SKIP() << "no /dev/full";
    Process process({"/bin/sh", "-c", SOCKBOX_SH_BIN "/sockopt >/dev/full"});
    const Ran ran = process.wait();
    EXPECT_EQ(ran.status, tools::exit_output);
    EXPECT_THAT(ran.err, HasSubstr("sockopt: write standard output: "));
}

}  // namespace
}  // namespace sockbox::test

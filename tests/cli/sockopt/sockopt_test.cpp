// Tests of sockopt from the user's point of view: output, error messages and exit status.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "option/option.h"
#include "tests/cli/sockopt/run.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void expect_usage(const Words& args, const std::string& words) {
    const Ran ran = sockopt(args);
    EXPECT_EQ(ran.status, tools::exit_usage) << words;
    EXPECT_EQ(ran.out, "") << words;
    EXPECT_THAT(ran.err, AllOf(StartsWith("sockopt: "), HasSubstr(words)));
    EXPECT_EQ(lines(ran.err).size(), 2U) << ran.err;
}

TEST(Sockopt, DumpsWhatANewSocketHas) {
    const Ran ran = sockopt({});
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_THAT(ran.out, HasSubstr("TCP_NODELAY = off\n"));
    EXPECT_THAT(ran.out, HasSubstr("SO_TYPE = SOCK_STREAM (read-only)\n"));
    EXPECT_THAT(ran.out, StartsWith("SOL_SOCKET\n"));
    EXPECT_THAT(ran.out, HasSubstr("\nIPPROTO_IP\n"));
    EXPECT_THAT(ran.out, Not(HasSubstr("SO_ERROR")));
    if (!on_wine()) {  // which answers IPv6 options on any socket
        EXPECT_THAT(ran.out, Not(HasSubstr("IPV6_")));
    }
    EXPECT_THAT(sockopt({"-6"}).out, HasSubstr("IPV6_V6ONLY = "));
    EXPECT_THAT(sockopt({"--type", "udp"}).out, Not(HasSubstr("TCP_")));
}

TEST(Sockopt, AllShowsWhyTheRestCannotBeRead) {
    const Ran ran = sockopt({"-a"});
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.out, HasSubstr("SO_ERROR: not read: reading clears it\n"));
    for (const net::OptionRow& row : net::all_options())
        EXPECT_THAT(ran.out, AnyOf(HasSubstr(fmt::format(" {} = ", row.name)),
                                   HasSubstr(fmt::format(" {}: ", row.name))));
}

// Values are aligned in one column, whatever the length of the names.
TEST(Sockopt, ADumpIsATable) {
    for (const std::string& line : lines(sockopt({"--type", "udp"}).out)) {
        const auto at = line.find(" = ");
        EXPECT_TRUE(at == 27 || at == line.npos) << line;
    }
}

TEST(Sockopt, PrintsAStoryOnEveryPlatform) {
    const Ran ran = sockopt({"--story", "SO_KEEPALIVE=on"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("dead peer, idle: once connected: noticed "),
                               HasSubstr("\nclose: once connected: returns at once"),
                               HasSubstr("\nwho else can take the port: once bound: "),
                               HasSubstr("\nreceive buffer: "), HasSubstr("\nsmall writes: ")));
    EXPECT_THAT(sockopt({"--story", "--type", "udp"}).out, HasSubstr("dead peer: never noticed"));
}

TEST(Sockopt, ReadsByName) {
    EXPECT_EQ(sockopt({"TCP_NODELAY"}).out, "TCP_NODELAY = off\n");
    EXPECT_EQ(sockopt({"-n", "nodelay", "so_type"}).out, "off\nSOCK_STREAM\n");
}

TEST(Sockopt, SetsAndShowsBeforeAndAfter) {
    EXPECT_EQ(sockopt({"nodelay=on", "nodelay", "SO_LINGER=on,0", "SO_LINGER=off"}).out,
              "TCP_NODELAY: off -> on\nTCP_NODELAY = on\n"
              "SO_LINGER: off -> on, 0 s (RST on close)\nSO_LINGER: on, 0 s -> off\n");
}

TEST(Sockopt, ComputesFromWhatThereIs) {
    EXPECT_EQ(sockopt({"-n", "IP_TTL=10", "IP_TTL*=3", "IP_TTL+=1"}).out, "10\n30\n31\n");
    const Ran beyond = sockopt({"IP_TTL=100", "IP_TTL*=3"});
    EXPECT_EQ(beyond.status, tools::exit_usage);
    EXPECT_THAT(beyond.err, HasSubstr("expected 1 to 255 hops, or default"));
    expect_usage({"nodelay*=2"}, "is not a number and cannot be multiplied");
    expect_usage({"rcvbuf*=x"}, "'x' is not a whole number");
    expect_usage({"IP_TTL+=x"}, "IP_TTL: 'x' is not a value");
    expect_usage({"IP_TTL+=--1"}, "'--1' is out of range");
}

// A time can be increased by a time and multiplied by a number.
TEST(Sockopt, ComputesWithTimes) {
    EXPECT_EQ(sockopt({"-n", "SO_RCVTIMEO=2s", "SO_RCVTIMEO*=3", "SO_RCVTIMEO+=500ms",
                       "SO_RCVTIMEO+=-1s", "SO_RCVTIMEO+=1"})
                  .out,
              "2s\n6s\n6500ms\n5500ms\n6500ms\n");
    const Ran less = sockopt({"SO_RCVTIMEO=2s", "SO_RCVTIMEO+=-3s"});
    EXPECT_EQ(less.status, tools::exit_usage);
    EXPECT_THAT(less.err, HasSubstr("SO_RCVTIMEO: the result is out of range: expected a time"));
    EXPECT_EQ(sockopt({"SO_RCVTIMEO=1000h", "SO_RCVTIMEO*=1000000000"}).status, tools::exit_usage);
    expect_usage({"SO_RCVTIMEO*=2s"}, "'2s' is not a whole number");
    expect_usage({"SO_RCVTIMEO+=2x"}, "'2x' is not a duration");
}

TEST(Sockopt, NumericNames) {
    const std::string nodelay = "6:" + std::to_string(net::Option::find("nodelay")->number());
    EXPECT_EQ(sockopt({nodelay + "=1", "nodelay"}).out,
              "TCP_NODELAY: off -> on\nTCP_NODELAY = on\n");
    EXPECT_EQ(sockopt({nodelay + "=0x01000000", "nodelay"}).out,
              "TCP_NODELAY: off -> on\nTCP_NODELAY = on\n");
}

TEST(Sockopt, RefusesMistakesBeforeItTouchesAnything) {
    expect_usage({"nodelay=on", "TCP_NODELYA"}, "did you mean TCP_NODELAY?");
    expect_usage({"IP_TOS=256"}, "expected 0 to 255");
    expect_usage({"SO_RCVBUF=-1"}, "expected 0 to 2147483647");
    expect_usage({"SO_LINGER=on,-1"}, "'on,-1' is not");
    expect_usage({"SO_LINGER=1"}, "'1' is not 'off' or 'on,SECONDS'");
    expect_usage({"SO_TYPE=1"}, "SO_TYPE is read-only");
    expect_usage({""}, "is not a socket option");
    expect_usage({"--fd", "3x"}, "3x");
    expect_usage({"--fd", "-1"}, "-1");
    for (const Words& others : {Words{"--type", "udp"}, Words{"-4"}, Words{"-6"}}) {
        Words args{"--fd", "0"};
        args.insert(args.end(), others.begin(), others.end());
        expect_usage(args, "--fd selects one socket: it excludes --type, -4 and -6");
    }
    expect_usage({"--type", "quic"}, "quic");
    expect_usage({"--explain"}, "missing NAME");
    expect_usage({"--list", "nothing_like_it"}, "no option matches");
    expect_usage({"--list", "--explain", "nodelay"}, "are mutually exclusive");
    expect_usage({"--explain", "nodelay", "--pid", "1"}, "--explain and --pid are mutually");
    expect_usage({"--list", "--type", "udp"}, "--list and --type are mutually exclusive");
    expect_usage({"--list", "--watch"}, "--list and --watch are mutually exclusive");
    expect_usage({"--explain", "nodelay", "--", "true"}, "--explain and a COMMAND are mutually");
    expect_usage({"SO_RCVBUF*=1.5"}, "sockopt: SO_RCVBUF: '1.5' is not");
    expect_usage({"6:199=0xzz"}, "sockopt: 6:199: '0xzz' is not bytes");
    expect_usage({"6:199=x"}, "sockopt: 6:199: 'x' is not a value");
    expect_usage({"--listen", "127.0.0.1"}, "sockopt: --listen: '127.0.0.1' is not a port");
    expect_usage({"--connect", "127.0.0.1:0"}, "sockopt: --connect: '0' is not a port");
}

TEST(Sockopt, AnOptionOfAnotherKindOfSocket) {
    for (const Words& args :
         {Words{"--type", "udp", "TCP_NODELAY"}, Words{"--type", "udp", "TCP_NODELAY=on"}}) {
        const Ran ran = sockopt(args);
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_THAT(ran.err, HasSubstr("not supported by this socket (UDP/IPv4)"));
    }
    EXPECT_THAT(sockopt({"IPV6_V6ONLY"}).err, HasSubstr("not supported by this socket (TCP/IPv4)"));
}

TEST(Sockopt, AFailedReadDoesNotKeepFromTheNext) {
    const Ran ran = sockopt({"IPV6_V6ONLY", "nodelay"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "TCP_NODELAY = off\n");
}

TEST(Sockopt, ARefusedSettingEndsItAndIsReported) {
    if (on_wine())
        GTEST_SKIP() << "Wine refuses no option of the other family";
    const Ran ran = sockopt({"nodelay=on", "IPV6_V6ONLY=on", "keepalive=on"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "TCP_NODELAY: off -> on\n");
    EXPECT_THAT(ran.err, HasSubstr("the operands after it were skipped"));
}

TEST(Sockopt, ListsAndExplainsEveryOption) {
    const Words listed = lines(sockopt({"--list"}).out);
    EXPECT_EQ(listed.size(), net::all_options().size());
    EXPECT_EQ(lines(sockopt({"--list", "TCP_KEEP*"}).out).size(), 3U);
    EXPECT_EQ(lines(sockopt({"--list", "keep*"}).out).size(), 4U);
    EXPECT_THAT(sockopt({"--list", "keepcnt"}).out, StartsWith("TCP_KEEPCNT "));
    for (const net::OptionRow& row : net::all_options()) {
        const Ran ran = sockopt({"--explain", std::string(row.name)});
        EXPECT_EQ(ran.status, 0);
        EXPECT_THAT(ran.out, HasSubstr(std::string(row.summary)));
    }
    EXPECT_EQ(sockopt({"--explain", "6:1"}).out, sockopt({"--explain", "tcp_nodelay"}).out);
    EXPECT_THAT(sockopt({"--explain", "6:9999"}).err,
                HasSubstr("no option with the numbers 6:9999"));
    EXPECT_THAT(sockopt({"--explain", "linger"}).out, HasSubstr("off, or on,SECONDS with 0 to"));
    EXPECT_THAT(sockopt({"--explain", "TCP_CONGESTION"}).out, HasSubstr("1 to 15 characters"));
}

TEST(Sockopt, WarnsThatReusingAnAddressStealsItOnWindows) {
    const std::string reuse = sockopt({"--explain", "SO_REUSEADDR"}).out;
    EXPECT_THAT(reuse, HasSubstr("take over its\n  clients"));
    EXPECT_THAT(reuse, HasSubstr("Therefore echod\n  sets SO_REUSEADDR on Linux"));
    const std::string exclusive = sockopt({"--explain", "SO_EXCLUSIVEADDRUSE"}).out;
    EXPECT_THAT(exclusive, HasSubstr("any process can bind the same\n  port"));
    EXPECT_THAT(exclusive, HasSubstr("echod"));
    for (const std::string& line : lines(reuse + exclusive))
        EXPECT_LE(line.size(), 100U) << line;
    EXPECT_THAT(sockopt({"--json", "--explain", "SO_REUSEADDR"}).out,
                HasSubstr(R"("beware":"This option has two meanings.)"));
}

TEST(Sockopt, JsonDescribesASocketInTheRequestedState) {
    const Ran listening = sockopt({"-j", "--listen", "127.0.0.1:0", "SO_RCVBUF=10000", "SO_TYPE"});
    EXPECT_THAT(listening.out, HasSubstr(R"("type":"stream","protocol":"tcp","state":"LISTEN")"));
    EXPECT_THAT(listening.out, HasSubstr(R"("local":"127.0.0.1:)"));
    EXPECT_THAT(listening.out, HasSubstr(R"("asked":10000,)"));
    EXPECT_THAT(listening.out, Not(HasSubstr("error")));
    auto closed = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(closed.bind(net::Endpoint::loopback(net::Family::ipv4)));
    const Ran refused = sockopt({"-j", "--connect", closed.local()->to_string(), "SO_TYPE"});
    EXPECT_EQ(refused.status, tools::exit_refused);
    EXPECT_EQ(lines(refused.out).size(), 1U);
    EXPECT_THAT(refused.out, HasSubstr(R"("protocol":"tcp")"));
    EXPECT_THAT(refused.out, HasSubstr(R"("options":[],"error":{"symbol":")"));
}

TEST(Sockopt, JsonIsOneObjectASocket) {
    const Ran ran = sockopt({"--json", "nodelay=on", "SO_LINGER", "SO_TYPE", "IPV6_V6ONLY"});
    EXPECT_EQ(lines(ran.out).size(), 1U);
    EXPECT_THAT(without_origin(ran.out),
                StartsWith(R"({"tool":"sockopt","event":"result","socket":{"pid":null,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("family":"IPv4","type":"stream","protocol":"tcp")"));
    EXPECT_THAT(ran.out, HasSubstr(R"("before":false,"asked":true,"granted":true)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("value":{"on":false,"seconds":0},"unit":"s")"));
    EXPECT_THAT(ran.out, HasSubstr(R"("value":"SOCK_STREAM")"));
    EXPECT_THAT(ran.out, HasSubstr(R"("value":null,"unit":null,"error":{"symbol":)"));
    const Words listed = lines(sockopt({"--json", "--list"}).out);
    EXPECT_EQ(listed.size(), net::all_options().size());
    EXPECT_THAT(listed,
                testing::Each(StartsWith(R"({"tool":"sockopt","event":"option","name":")")));
}

}  // namespace
}  // namespace sockbox::test

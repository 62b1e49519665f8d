// Tests of the table of socket options, their names and their values as users write them.
#include "option/option.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::HasSubstr;

const OptionRow& row(std::string_view name) {
    for (const OptionRow& row : all_options())
        if (row.name == name)
            return row;
    throw std::out_of_range(std::string(name));
}

// What a user reads after writing `text`, or the error message if it is rejected.
std::string read_back(std::string_view name, std::string_view text) {
    const auto value = parse_value(row(name), text);
    return value ? to_text(row(name), *value) : "refused: " + value.error().message();
}

TEST(OptionTable, HasEveryRowOnce) {
    EXPECT_GE(all_options().size(), 150U);
    for (const OptionRow& row : all_options()) {
        const auto found = Option::find(row.name);
        ASSERT_TRUE(found) << row.name;
        EXPECT_EQ(found->name(), row.name);
    }
}

TEST(OptionTable, SentencesAreShortAndPlain) {
    for (const OptionRow& row : all_options()) {
        EXPECT_LE(row.summary.size(), 120U) << row.name;
        EXPECT_EQ(row.summary.find("  "), std::string_view::npos) << row.name;
    }
}

// Every row supported by some kind of socket: a value read from the system must parse when printed.
TEST(OptionTable, EveryRowReadsAndPrintsWhatCanBeSet) {
    std::vector<Socket> sockets;
    for (const Family family : {Family::ipv4, Family::ipv6})
        for (const Transport transport : {Transport::tcp, Transport::udp})
            if (auto socket = Socket::open(family, transport))
                sockets.push_back(std::move(*socket));
    std::size_t read = 0;
    for (const OptionRow& row : all_options()) {
        const Option option(row);
        if (!option.on_this_platform() || !readable(row))
            continue;
        for (const Socket& socket : sockets) {
            const auto value = read_option(socket, option);
            if (!value) {
                EXPECT_FALSE(value.error().message().empty()) << row.name;
                continue;
            }
            ++read;
            const std::string text = to_text(row, *value);
            const bool nothing = text.empty() || text == "0x";  // no device, no key
            if (row.access != Access::read_write || nothing)
                continue;
            const auto taken = parse_value(row, text);
            ASSERT_TRUE(taken) << row.name << " = " << text << ": " << taken.error().message();
            EXPECT_EQ(to_text(row, *taken), text) << row.name;
        }
    }
    EXPECT_GE(read, test::on_wine() ? 20U : 150U);
}

TEST(OptionName, AnyCaseAndWithoutPrefix) {
    for (const char* name : {"TCP_NODELAY", "tcp_nodelay", "NoDelay", "nodelay"})
        EXPECT_EQ(Option::find(name)->name(), "TCP_NODELAY") << name;
    EXPECT_EQ(Option::find("rcvbuf")->name(), "SO_RCVBUF");
    EXPECT_EQ(Option::find("ipv6_add_membership")->name(), "IPV6_JOIN_GROUP");
}

TEST(OptionName, LevelAndNumber) {
    for (const char* name : {"6:199", "SOL_TCP:199", "ipproto_tcp:199"}) {
        const auto option = Option::find(name);
        ASSERT_TRUE(option) << name;
        EXPECT_EQ(option->name(), "6:199");
        EXPECT_EQ(option->number(), 199);
    }
    const auto known = Option::find(fmt::format("6:{}", Option::find("TCP_NODELAY")->number()));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->name(), "TCP_NODELAY");  // the table knows how to read it
    for (const char* name : {"6:", ":18", "6:-1", "SOL_NONE:1", "6:18:1", "6 :x"})
        EXPECT_FALSE(Option::find(name)) << name;
}

TEST(OptionName, SuggestsWhatWasMeant) {
    EXPECT_THAT(Option::find("TCP_NODELYA").error().message(), HasSubstr("mean TCP_NODELAY?"));
    EXPECT_THAT(Option::find("rcvbfu").error().message(), HasSubstr("mean SO_RCVBUF?"));
    EXPECT_THAT(Option::find("mtu").error().message(), HasSubstr("IP_MTU or IPV6_MTU"));
    EXPECT_THAT(Option::find("quite_another").error().message(),
                testing::Not(HasSubstr("did you mean")));
    EXPECT_THAT(Option::find(std::string(100000, 'x') + "\x1b").error().message(),
                HasSubstr("is not a socket option"));
    EXPECT_FALSE(Option::find(""));
}

TEST(OptionValue, ReadsWhatItPrints) {
    struct Case {
        const char* name;
        const char* text;
        const char* printed;
    };
    for (const Case& c : std::vector<Case>{
             {"TCP_NODELAY", "TRUE", "on"},
             {"TCP_NODELAY", "0", "off"},
             {"SO_RCVBUF", "64K", "65536"},
             {"SO_RCVBUF", "10000", "10000"},
             {"TCP_KEEPIDLE", "2h", "7200 s"},
             {"TCP_KEEPIDLE", "7200 s", "7200 s"},
             {"TCP_USER_TIMEOUT", "1.5s", "1500 ms"},
             {"TCP_USER_TIMEOUT", "250", "250 ms"},
             {"SO_RCVTIMEO", "1.5", "1500ms"},
             {"SO_LINGER", "on, 5 s", "on, 5 s"},
             {"SO_LINGER", "on,0", "on, 0 s"},
             {"SO_LINGER", "off", "off"},
             {"TCP_CONGESTION", "reno", "reno"},
             {"IP_MTU_DISCOVER", "IP_PMTUDISC_DO", "do"},
             {"SO_MAX_PACING_RATE", "unlimited", "unlimited"},
             {"SO_MARK", "0x10", "16"},
             {"SO_TIMESTAMPING", "SOF_TIMESTAMPING_SOFTWARE|RX_SOFTWARE", "RX_SOFTWARE|SOFTWARE"},
             {"SO_TIMESTAMPING", "none", "none"},
             {"IP_LOCAL_PORT_RANGE", "40000-40003", "40000-40003"},
             {"IP_MULTICAST_IF", "127.0.0.1", "127.0.0.1"},
             {"IP_OPTIONS", "0x0101", "0x0101"},
             {"TCP_KEEPCNT", "9 probes", "9"}}) {
        EXPECT_EQ(read_back(c.name, c.text), c.printed) << c.name << '=' << c.text;
        EXPECT_EQ(read_back(c.name, c.printed), c.printed) << c.name << '=' << c.printed;
    }
}

TEST(OptionValue, ASpaceStandsOnlyBeforeAUnit) {
    for (const char* text :
         {"TCP_KEEPIDLE=1 0", "TCP_USER_TIMEOUT=2 5", "SO_PRIORITY=1 ", "SO_PRIORITY= 1",
          "TCP_KEEPIDLE=10  s", "TCP_KEEPIDLE=10 s ", "SO_RCVTIMEO=1 0", "SO_RCVTIMEO=1 000ms",
          "TCP_KEEPCNT=9 ", "TCP_KEEPCNT=9  probes", "TCP_NODELAY=on ", "SO_RCVBUF=64 000",
          "IP_LOCAL_PORT_RANGE=40000 - 40003", "SO_LINGER=on,5 ", "SO_LINGER= on,5",
          "SO_LINGER=on, 5 5", "SO_TIMESTAMPING=SOFTWARE | RX_SOFTWARE",
          "IP_ADD_MEMBERSHIP=224.0.0.1, lo", "IP_MTU_DISCOVER=do "}) {
        const auto setting = parse_setting(text);
        EXPECT_FALSE(setting) << text;
    }
}

struct Limits {
    const char* name;
    std::vector<const char*> legal;
    std::vector<const char*> refused;
};

// Values that the kernel would truncate or reinterpret are rejected before it sees them.
TEST(OptionValue, RangesEndWhereTheSystemsDo) {
    const std::vector<Limits> all{
        {"TCP_KEEPIDLE", {"1", "32767"}, {"0", "32768", "-1"}},
        {"TCP_KEEPINTVL", {"1", "32767"}, {"0", "32768"}},
        {"TCP_KEEPCNT", {"1", "127"}, {"0", "128"}},
        {"TCP_SYNCNT", {"1", "127"}, {"0", "128"}},
        {"TCP_MAXSEG", {"0", "88", "32767"}, {"1", "87", "32768"}},
        {"IP_TTL", {"-1", "1", "255"}, {"0", "256", "-2"}},
        {"IP_TOS", {"0", "255"}, {"256", "-1"}},
        {"IP_MULTICAST_TTL", {"0", "255"}, {"256"}},
        {"IPV6_UNICAST_HOPS", {"-1", "0", "255"}, {"256", "-2"}},
        {"IPV6_TCLASS", {"-1", "255"}, {"256"}},
        {"IP_MTU_DISCOVER", {"0", "5", "do"}, {"6", "-1", "maybe"}},
        {"IP_MINTTL", {"0", "255"}, {"256"}},
        {"UDP_SEGMENT", {"0", "65535"}, {"65536", "-1"}},
        {"TCP_USER_TIMEOUT", {"0"}, {"-1", "1us", "2147483648"}},
        {"TCP_FASTOPEN", {"0", "5"}, {"-1"}},
        {"SO_RCVBUF",
         {"0", "2147483647"},
         {"-1", "2147483648", "2G", "1e3", "0x10", "", " 1", "1 "}},
        {"SO_LINGER", {"off", "on,0", "on,65535"}, {"on,-1", "1", "0", "on", "on,65536", "on,1,2"}},
        {"SO_RCVTIMEO", {"0", "1ms"}, {"1ns", "-1", "inf", "nan", "1000000h"}},
        {"TCP_CONGESTION", {"reno"}, {"", "a234567890123456789012345678901", "cubic\xe6", "a\x1b"}},
        {"SO_BINDTODEVICE", {"", "lo"}, {"abcdefghijklmnopqrstuvwxyz"}},
        {"SO_KEEPALIVE", {"on", "off"}, {"2", "", "onn"}},
        {"IP_LOCAL_PORT_RANGE", {"0-0", "1-2"}, {"2-1", "1", "1-65536", "-"}},
        {"IP_ADD_MEMBERSHIP", {"224.0.0.251"}, {"192.0.2.1", "ff02::1", "224.0.0.1,lo,x", ""}},
        {"IPV6_JOIN_GROUP", {"ff02::1"}, {"::1", "224.0.0.1"}},
        {"IP_OPTIONS", {"0x", "0x01"}, {"01", "0x1", "0xzz"}},
    };
    for (const Limits& limits : all) {
        for (const char* text : limits.legal)
            EXPECT_TRUE(parse_value(row(limits.name), text)) << limits.name << '=' << text;
        for (const char* text : limits.refused)
            EXPECT_FALSE(parse_value(row(limits.name), text)) << limits.name << '=' << text;
    }
}

TEST(OptionValue, ARefusalNamesTheOptionTheTextAndTheRange) {
    EXPECT_EQ(parse_value(row("TCP_KEEPCNT"), "128").error().message(),
              "TCP_KEEPCNT: '128' is out of range: expected 1 to 127 probes");
    EXPECT_EQ(parse_value(row("TCP_MAXSEG"), "87").error().message(),
              "TCP_MAXSEG: '87' is out of range: expected 88 to 32767 bytes, or 0");
}

TEST(Setting, RefusesWhatCannotBeSet) {
    for (const std::string name : {"SO_TYPE", "SO_ERROR", "SO_ACCEPTCONN", "SO_PROTOCOL",
                                   "SO_DOMAIN", "TCP_INFO", "IP_MTU"}) {
        if (!Option::find(name)->on_this_platform())
            continue;
        const std::string text = name + "=1";
        const auto setting = parse_setting(text);
        ASSERT_FALSE(setting) << text;
        EXPECT_THAT(setting.error().message(), HasSubstr("read-only")) << text;
    }
    for (const char* text : {"", "=", "=1", "SO_RCVBUF", "nothing=1"})
        EXPECT_FALSE(parse_setting(text)) << text;
}

TEST(Setting, IsAppliedToASocket) {
    auto socket = Socket::open(Family::ipv4, Transport::tcp);
    ASSERT_TRUE(socket);
    const auto setting = parse_setting("nodelay=on");
    ASSERT_TRUE(setting);
    ASSERT_TRUE(apply(*socket, *setting));
    EXPECT_EQ(read_option(*socket, setting->option).value(), OptionValue(true));
}

TEST(Setting, AFailureNamesOptionAndValue) {
    auto socket = Socket::open(Family::ipv4, Transport::udp);
    ASSERT_TRUE(socket);
    const auto done = apply(*socket, *parse_setting("TCP_NODELAY=on"));
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message(),
                HasSubstr("set TCP_NODELAY=on: not supported by this socket (UDP/IPv4)"));
}

TEST(Hex, IsPairsOfDigits) {
    EXPECT_EQ(format_hex(parse_hex("0x00fFa1").value()), "0x00ffa1");
    EXPECT_TRUE(parse_hex("0x")->empty());
    for (const char* text : {"", "0", "0x0", "00", "0x0g", "0x 0"})
        EXPECT_FALSE(parse_hex(text)) << text;
}

}  // namespace
}  // namespace sockbox::net

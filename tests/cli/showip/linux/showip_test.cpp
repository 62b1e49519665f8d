// End-to-end tests of showip with glibc that need no name server.
#include <gmock/gmock.h>

#include <fstream>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

Ran showip(const Words& words, std::string_view input = {}) {
    return run(tools::showip, words, input);
}

// The peak memory of a process so far, in KiB.
int peak_memory(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word)
        if (word == "VmHWM:") {
            int kibibytes = 0;
            status >> kibibytes;
            return kibibytes;
        }
    return 0;
}

// Whether /etc/services on this machine has the entries that a test needs.
bool knows_services() {
    return showip({"-s", "-p", "http", "127.0.0.1"}).status == tools::exit_ok;
}

TEST(Showip, LongFormShowsEveryField) {
    const Ran ran = showip({"--long", "-p", "80", "--canonname", "::1"});
    EXPECT_EQ(ran.out,
              "IP addresses for ::1:\n\n"
              "  [1] ai_flags       = 0x2 (AI_CANONNAME)\n"
              "      ai_family      = 10 (AF_INET6)\n"
              "      ai_socktype    = 1 (SOCK_STREAM)\n"
              "      ai_protocol    = 6 (IPPROTO_TCP)\n"
              "      ai_addrlen     = 28\n"
              "      address        = [::1]:80\n"
              "      sin6_flowinfo  = 0\n"
              "      sin6_scope_id  = 0\n"
              "      ai_canonname   = ::1\n"
              "      ai_addr        = 0a 00 00 50 00 00 00 00 00 00 00 00 00 00 00 00\n"
              "                       00 00 00 00 00 00 00 01 00 00 00 00\n");
}

TEST(Showip, OneBadHostDoesNotStopTheOthers) {
    const Ran ran = showip({"--numeric", "127.0.0.1", "nosuch.invalid", "127.0.0.2"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_EQ(ran.out,
              "IP addresses for 127.0.0.1:\n\n  IPv4: 127.0.0.1\n\n"
              "IP addresses for 127.0.0.2:\n\n  IPv4: 127.0.0.2\n");
    EXPECT_THAT(lines(ran.err),
                ElementsAre("showip: resolve nosuch.invalid: error -2: Name or service not known "
                            "(EAI_NONAME)",
                            StartsWith("showip: hint: not a numeric address")));
}

TEST(Showip, BadNumericAddressesAreUnknownNames) {
    for (const char* host : {"256.1.1.1", "08.0.0.1", "127.0.0.1 x", "1::2::3", "12345::"}) {
        const Ran ran = showip({"--numeric", host});
        EXPECT_EQ(ran.status, tools::exit_unresolved) << host;
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, HasSubstr("(EAI_NONAME)"));
    }
}

TEST(Showip, ClassicFormsAreReadWithANote) {
    for (const char* host : {"127.1", "0x7f000001", "0177.0.0.1", "2130706433", "127.0.1"}) {
        const Ran ran = showip({"-s", host});
        EXPECT_EQ(ran.status, 0) << host;
        EXPECT_EQ(ran.out, "127.0.0.1\n");
        EXPECT_EQ(ran.err, "showip: note: '" + std::string(host) + "' is read as 127.0.0.1\n");
        EXPECT_EQ(showip({"-q", host}).err, "");
    }
}

TEST(Showip, RemarksOnOddAddresses) {
    EXPECT_THAT(showip({"::ffff:127.0.0.1"}).err,
                HasSubstr("is the IPv4 address 127.0.0.1, mapped"));
    const Ran local = showip({"fe80::1"});
    EXPECT_EQ(local.status, 0);
    EXPECT_THAT(local.err, HasSubstr("needs a zone, such as fe80::1%eth0"));
}

TEST(Showip, ZonesAreShown) {
    const Ran ran = showip({"-s", "fe80::1%lo"});
    if (ran.status != 0)
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.out, "fe80::1%lo\n");
    EXPECT_EQ(ran.err, "");
}

TEST(Showip, AZoneThatIsNotUsedIsNotShown) {
    const Ran ran = showip({"-s", "2001:db8::1%1"});
    EXPECT_EQ(ran.out, "2001:db8::1\n");
    EXPECT_THAT(ran.err, HasSubstr("2001:db8::1 uses no zone: the one given, %1, has no effect"));
    EXPECT_THAT(showip({"-j", "2001:db8::1%1"}).out, HasSubstr(R"("scope_id":1)"));
    EXPECT_THAT(showip({"::1%lo"}).err, HasSubstr("the one given, %lo, has no effect"));
}

// The kernel allows control characters in the name of an interface.
TEST(Showip, NamesOfInterfacesAreEscaped) {
    const Ran ran =
        Process({"/bin/sh", "-c",
                 "unshare -n sh -c 'ip link add \"$(printf \"x\\033[31m\")\" type veth"
                 " peer name y || exit 77; for i in 2 3; do \"$0\" -s \"fe80::1%$i\"; done'"
                 " \"$0\"",
                 SOCKBOX_BIN_DIR "/showip"})
            .wait();
    if (ran.out.empty())
        GTEST_SKIP() << "no interfaces of our own here: " << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("fe80::1%x\\x1b[31m\n"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("\x1b")));
}

TEST(Showip, TheSourceForABroadcastIsShown) {
    const Ran ran = showip({"--source", "255.255.255.255"});
    if (ran.out.find("ENETUNREACH") != std::string::npos)
        GTEST_SKIP() << "no route to any network here";
    EXPECT_THAT(ran.out, HasSubstr("255.255.255.255  from "));
}

TEST(Showip, ImpossibleNamesAreUnknown) {
    for (const std::string& host : {std::string(300, 'a'), std::string(64, 'a') + ".invalid",
                                    std::string("a..b"), std::string("-"), std::string("a b")}) {
        const Ran ran = showip({"--numeric", "--", host});
        EXPECT_EQ(ran.status, tools::exit_unresolved) << host;
        EXPECT_THAT(ran.err, HasSubstr("(EAI_NONAME)"));
    }
}

// Far more names than there are places: anything kept for each name would show.
TEST(Showip, MemoryDoesNotGrowWithTheNames) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer holds freed memory back";
#endif
    Process process({"showip", "-q", "-f", "-"});
    const auto peak_after = [&](int thousands) {  // KiB
        std::string thousand;
        for (int i = 0; i < 1000; ++i)
            thousand += "127.0.0.1\n";
        for (int done = 0; done < 1000 * thousands; ++done) {
            if (done % 1000 == 0)
                process.write_input(thousand);
            if (process.read_line() != "127.0.0.1")
                ADD_FAILURE() << "a line is missing";
        }
        return peak_memory(process.pid());
    };
    const int few = peak_after(2);
    EXPECT_GT(few, 0);
    EXPECT_LT(peak_after(100), few + 2048);
    EXPECT_EQ(process.wait().status, 0);
}

TEST(Showip, UnknownServicesAreNamedAsSuch) {
    const Ran ran = showip({"-p", "nosuch", "127.0.0.1"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_THAT(ran.err, HasSubstr("(EAI_SERVICE)"));
    if (!knows_services())
        GTEST_SKIP() << "no /etc/services here";
    EXPECT_THAT(showip({"-l", "-p", "http", "127.0.0.1"}).out, HasSubstr("127.0.0.1:80\n"));
    EXPECT_THAT(showip({"-p", "tftp", "127.0.0.1"}).err, HasSubstr("(EAI_SERVICE)"));
    EXPECT_THAT(showip({"-l", "--socktype", "dgram", "-p", "tftp", "127.0.0.1"}).out,
                HasSubstr("127.0.0.1:69\n"));
}

TEST(Showip, PassiveShowsWhatAServerWouldBind) {
    const Ran passive = showip({"--passive", "-p", "3490", "-s"});
    EXPECT_EQ(passive.status, 0);
    EXPECT_THAT(lines(passive.out), testing::IsSubsetOf({"0.0.0.0", "::"}));
    EXPECT_EQ(showip({"--passive", "-4"}).out, "IP addresses to bind:\n\n  IPv4: 0.0.0.0\n");
    const Ran active = showip({"-p", "3490", "-s"});
    EXPECT_THAT(lines(active.out), testing::IsSubsetOf({"127.0.0.1", "::1"}));
    EXPECT_THAT(active.out, Not(testing::IsEmpty()));
}

TEST(Showip, ImpossibleHintsAreNamed) {
    struct Case {
        Words words;
        const char* symbol;
    };
    for (const auto& [words, symbol] :
         {Case{{"--socktype", "77", "127.0.0.1"}, "(EAI_SOCKTYPE)"},
          Case{{"--socktype", "stream", "--protocol", "udp", "127.0.0.1"}, "(EAI_SOCKTYPE)"},
          Case{{"--flags", "65536", "127.0.0.1"}, "(EAI_BADFLAGS)"}}) {
        const Ran ran = showip(words);
        EXPECT_EQ(ran.status, tools::exit_usage);
        EXPECT_THAT(ran.err, HasSubstr(symbol));
    }
    EXPECT_EQ(showip({"--flags", "nosuch", "127.0.0.1"}).status, tools::exit_usage);
    EXPECT_THAT(showip({"-4", "::1"}).err, HasSubstr("(EAI_ADDRFAMILY)"));
}

TEST(Showip, FlagsAndTypesAreEchoedByName) {
    const Ran any = showip({"-l", "--socktype", "any", "127.0.0.1"});
    EXPECT_THAT(any.out, HasSubstr("(SOCK_DGRAM)"));
    EXPECT_THAT(any.out, HasSubstr("(SOCK_RAW)"));
    EXPECT_THAT(any.out, HasSubstr("0 (IPPROTO_IP)"));
    EXPECT_THAT(showip({"-j", "--flags", "v4mapped,all", "-6", "127.0.0.1"}).out,
                HasSubstr(R"("flags":["AI_V4MAPPED","AI_ALL"])"));
    EXPECT_EQ(showip({"-s", "-6", "--flags", "v4mapped", "127.0.0.1"}).out, "::ffff:127.0.0.1\n");
}

TEST(Showip, KindsWithoutANameAreShownAsNumbers) {
    EXPECT_THAT(showip({"-l", "--socktype", "seqpacket", "127.0.0.1"}).out,
                HasSubstr("ai_protocol    = 132 (IPPROTO_SCTP)\n"));
    EXPECT_THAT(showip({"-l", "--socktype", "6", "127.0.0.1"}).out,
                HasSubstr("ai_socktype    = 6 (SOCK_DCCP)\n"));
    const Words unknown{"--socktype", "raw", "--protocol", "200", "127.0.0.1"};
    Words words{"-l"};
    words.insert(words.end(), unknown.begin(), unknown.end());
    EXPECT_THAT(showip(words).out, HasSubstr("ai_protocol    = 200\n"));
    words.front() = "-j";
    EXPECT_THAT(showip(words).out, HasSubstr(R"("protocol":200)"));
    EXPECT_THAT(showip({"--protocol", "262", "127.0.0.1"}).err, HasSubstr("(EAI_SOCKTYPE)"));
}

TEST(Showip, JsonIsOneObjectAHost) {
    const Ran ran = showip({"-j", "-p", "80", "--numeric", "127.0.0.1", "nosuch"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    const Words objects = lines(ran.out);
    ASSERT_EQ(objects.size(), 2U);
    EXPECT_THAT(
        without_origin(objects[0]),
        MatchesRegex(
            R"(\{"tool":"showip","event":"result","host":"127.0.0.1","service":"80",)"
            R"("canonical_name":null,"elapsed_ns":[0-9]+,"hints":\{"flags":\["AI_NUMERICHOST"\],)"
            R"("family":"any","socktype":"SOCK_STREAM","protocol":"any"\},"addresses":\[\{)"
            R"("flags":\["AI_NUMERICHOST"\],"family":"IPv4","socktype":"SOCK_STREAM",)"
            R"("protocol":"IPPROTO_TCP","address":"127.0.0.1","port":80,"scope_id":0,"flowinfo":0,)"
            R"("sockaddr_hex":"020000507f0000010000000000000000"\}\],"remarks":\[\]\})"));
    EXPECT_THAT(objects[1],
                HasSubstr(R"("addresses":[],"remarks":[],"error":{"symbol":"EAI_NONAME",)"
                          R"("code":-2,"message":"Name or service not known"})"));
    EXPECT_THAT(ran.err, HasSubstr("(EAI_NONAME)"));
}

}  // namespace
}  // namespace sockbox::test

// Tests of udpecho when the system refuses to send: what never left is not lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "paths.h"
#include "tests/json_numbers.h"
#include "tests/linux/network.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

class UdpEchoUnsent : public testing::Test {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer's own calls would be traced";
#endif
        if (!std::ifstream("/usr/bin/strace"))
            GTEST_SKIP() << "strace is not there";
        if (Process({"/usr/bin/strace", "-o", "/dev/null", "/bin/true"}).wait().status != 0)
            GTEST_SKIP() << "strace may not trace here";
    }

    // Makes `call` fail as specified, for example "ENOBUFS:when=2..3".
    Ran run_failing(const std::string& call, const std::string& how, const Words& options,
                    std::string_view input = {}) {
        Words words{"/usr/bin/strace",
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    "trace=" + call,
                    "-e",
                    "inject=" + call + ":error=" + how,
                    SOCKBOX_BIN_DIR "/udpecho",
                    "--json",
                    "-q",
                    "127.0.0.1",
                    peer_.port()};
        words.insert(words.end(), options.begin(), options.end());
        Process process(words);
        process.write_input(input);
        return process.wait();
    }

  private:
    Peer peer_ = Peer::datagram(reply);
};

// The second send fails, and so does its repetition, which clears a pending error of an earlier
// datagram. EAGAIN means that there is no room in the interface's queue.
TEST_F(UdpEchoUnsent, EachReasonIsReportedAndNothingCountsAsLost) {
    const struct {
        const char* how;
        const char* shown;
    } reasons[] = {{"ENOBUFS:when=2..3", "(ENOBUFS)"},
                   {"EMSGSIZE:when=2..3", "(EMSGSIZE)"},
                   {"ENETUNREACH:when=2..3", "(ENETUNREACH)"},
                   {"EPERM:when=2..3", "(EPERM)"},
                   {"EAGAIN:when=2", "(ENOBUFS)"}};
    for (const auto& reason : reasons)
        for (const Words& pace : {Words{"-i", "1ms"}, {"-i", "0"}, {"--rate", "100"}}) {
            Words options{"-c", "6", "--assert", "loss<=0%", "--assert", "unsent<=1"};
            options.insert(options.end(), pace.begin(), pace.end());
            const Ran ran = run_failing("sendmmsg", reason.how, options);
            const std::string counts = R"("sent":5,"received":5,"lost":0,"pending":0,"unsent":1,)";
            const std::string error = R"(","phase":"send","count":1}])";
            EXPECT_THAT(ran.err, HasSubstr("udpecho: message 2 not sent: send to 127.0.0.1:"));
            EXPECT_THAT(ran.err, HasSubstr(reason.shown));
            EXPECT_THAT(ran.out, HasSubstr(counts)) << reason.how;
            EXPECT_THAT(ran.out, HasSubstr(R"("sent_bytes":320,"received_bytes":320)"));
            EXPECT_THAT(ran.out, HasSubstr(error));
            EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
        }
}

// A firewall on this host reports its refusal by ICMP as well, and before the send has failed.
TEST(UdpEchoFirewall, WhatItRefusesIsNotSentAndNotLost) {
    if (!has_network() || !has_nft())
        GTEST_SKIP() << "no network namespaces or no packet filter here";
    const Ran ran =
        in_network(
            "nft 'add table inet t\nadd chain inet t o { type filter hook output priority 0\n}\n"
            "add rule inet t o udp dport 3490 numgen inc mod 2 0 reject' && exec " SOCKBOX_SH_TESTS
            "/with_echod " SOCKBOX_SH_BIN "/echod '-p 3490 -b 127.0.0.1' " SOCKBOX_SH_BIN
            "/udpecho -j -q -c 6 -i 1ms --assert 'unsent<=3' 127.0.0.1 3490")
            .wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":3,"lost":0,"pending":0,"unsent":3)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("phase":"icmp","count":3)"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
}

TEST_F(UdpEchoUnsent, WhatWasNotSentCountsAsALossUnlessItIsJudgedApart) {
    const Words pace{"-c", "4", "-i", "0", "--assert", "loss<1%"};
    const Ran ran = run_failing("sendmmsg", "ENETUNREACH:when=5+", pace);
    EXPECT_THAT(ran.out, HasSubstr(R"("expression":"loss<1%","value":0.0)")) << "all were sent";
    EXPECT_EQ(ran.status, tools::exit_ok);
    const Ran most = run_failing("sendmmsg", "ENETUNREACH:when=2+", pace);
    EXPECT_THAT(most.out, HasSubstr(R"("sent":1,"received":1,"lost":0,"pending":0,"unsent":3)"));
    EXPECT_THAT(most.out, HasSubstr(R"("expression":"loss<1%","value":75.0)"));
    EXPECT_EQ(most.status, tools::exit_mismatch);
}

TEST_F(UdpEchoUnsent, NothingSentIsAFailureWithoutNumbers) {
    const Ran ran = run_failing("sendmmsg", "ENETUNREACH", {"-c", "3", "-i", "0"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":0,"received":0,"lost":0,"pending":0,"unsent":3)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("rtt":{"min_ns":null)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// A datagram that fails, in a burst or in a train, does not hold back the others.
TEST_F(UdpEchoUnsent, TheRestOfABurstIsSent) {
    const struct {
        const char* call;
        const char* rate;
    } ways[] = {{"sendmmsg", "40000"}, {"sendmsg", "100000"}};
    for (const auto& way : ways) {
        const Ran ran =
            run_failing(way.call, "ENOBUFS:when=1..2", {"--rate", way.rate, "-c", "200"});
        EXPECT_THAT(ran.out,
                    HasSubstr(R"("sent":199,"received":199,"lost":0,"pending":0,"unsent":1)"));
    }
}

TEST_F(UdpEchoUnsent, IfTrainsCannotBeSentTheirDatagramsAre) {
    for (const char* reason : {"EINVAL", "EIO", "EMSGSIZE"}) {
        const Ran ran = run_failing("sendmsg", reason, {"--rate", "100000", "-c", "200"});
        EXPECT_THAT(ran.out,
                    HasSubstr(R"("sent":200,"received":200,"lost":0,"pending":0,"unsent":0)"))
            << reason;
        EXPECT_THAT(ran.out, HasSubstr(R"("errors":[])"));
    }
}

// A full queue on this host says nothing about the path.
TEST_F(UdpEchoUnsent, ThePathMtuIsFoundInSpiteOfAFullQueue) {
    const Ran whole = run_failing("sendto", "ENOBUFS:when=9999", {"--mtu"});
    for (const char* how : {"ENOBUFS:when=1..3", "EAGAIN:when=1..3"}) {
        const Ran ran = run_failing("sendto", how, {"--mtu"});
        EXPECT_EQ(without_origin(ran.out), without_origin(whole.out));
        EXPECT_THAT(ran.out, HasSubstr(R"("mtu_bytes":6553)"));
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    }
}

TEST_F(UdpEchoUnsent, AnUnsentLineIsReported) {
    const Ran ran = run_failing("sendto", "ENOBUFS:when=2", {}, "one\ntwo\nthree\n");
    EXPECT_THAT(ran.err, AllOf(HasSubstr("udpecho: line 2: send to 127.0.0.1:"),
                               HasSubstr("No buffer space available (ENOBUFS)")));
    EXPECT_THAT(ran.out, HasSubstr(R"("lines":3,"sent":2,"received":2,"lost":0,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("unsent":1,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("lost_lines":[],"unsent_lines":[2],)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("errors":[{"symbol":"ENOBUFS",)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("phase":"send","count":1}])"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// There is no lane yet that could refuse a message. Without --foreground, timeout(1) interrupts
// twice.
TEST(UdpEchoUnreachable, AnEndlessRunCountsWhatItCannotSendFromTheStart) {
    if (!has_network())
        GTEST_SKIP() << "no network namespace here";
    for (const std::string how : {"-i 50ms", "--rate 20"}) {
        const Ran ran = in_network("timeout --foreground --preserve-status -s INT 2 " SOCKBOX_SH_BIN
                                   "/udpecho --json -q -c 0 " +
                                   how + " 10.9.9.9 7007; echo status $?")
                            .wait();
        EXPECT_THAT(ran.err, HasSubstr(" not sent: connect 10.9.9.9:7007: "
                                       "Network is unreachable (ENETUNREACH)\n"));
        EXPECT_GT(number_in(ran.out, "unsent"), 1) << how << ran.out;
        EXPECT_THAT(ran.out, AllOf(HasSubstr(R"("sent":0,"received":0,"lost":0,"pending":0,)"),
                                   HasSubstr("status 4\n")));
    }
}

TEST(UdpEchoUnreachable, WhatThisHostRefusesIsCountedOnceAndNotAsIcmp) {
    if (!has_network())
        GTEST_SKIP() << "no network namespace here";
    const std::string udpecho =
        SOCKBOX_SH_BIN "/udpecho --set IP_MTU_DISCOVER=IP_PMTUDISC_DO 127.0.0.1 7007 ";
    const Ran ran = in_network("ip link set lo mtu 1400; " + udpecho +
                               "--json -q -c 3 -i 1ms -s 1400; head -c 1400 /dev/zero | " + udpecho)
                        .wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("errors":[{"symbol":"EMSGSIZE","code":90,)"
                                   R"("message":"Message too long","phase":"send","count":3}])"));
    EXPECT_THAT(ran.err, HasSubstr("hint: the datagram is larger than the path MTU"));
}

}  // namespace
}  // namespace sockbox::test

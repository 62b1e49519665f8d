// Tests of the ECN bits on arrival, on a path that marks some datagrams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paths.h"
#include "tests/linux/network.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

// Marks every 4th packet to port 7007 that is capable of ECN and every 10th such reply; of the
// replies from port 7008, it marks every 5th.
const std::string markings =
    "nft 'table inet marks { chain out { type filter hook output priority 0; "
    "udp dport 7007 ip ecn != not-ect numgen inc mod 4 == 0 ip ecn set ce; "
    "udp sport 7007 ip ecn != not-ect numgen inc mod 10 == 0 ip ecn set ce; "
    "udp sport 7008 numgen inc mod 5 == 0 ip ecn set ce; }\n}' && ";

// Runs udpecho with 20 probes there.
Ran run_there(const std::string& server, const std::string& client) {
    return in_network(markings +
                      "d=$(mktemp -d) && mkfifo $d/ready && trap 'rm -r $d' EXIT; " SOCKBOX_SH_BIN
                      "/udpecho --listen -b 127.0.0.1 " +
                      server +
                      " >$d/ready & read -r _ <$d/ready && " SOCKBOX_SH_BIN
                      "/udpecho -c 20 -i 1ms " +
                      client + "; status=$?; kill $!; exit $status")
        .wait();
}

TEST(UdpEchoEcn, CongestionIsCountedThereAndBack) {
    if (!has_nft())
        GTEST_SKIP() << "no nft here";
    if (!has_network())
        GTEST_SKIP() << "no network namespace for us here";
    const Ran ran = run_there("--stamp -p 7007", "--stamp --ecn 2 -j -q 127.0.0.1 7007");
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("ecn_arrived":{"there":{"not_ect":0,"ect1":0,"ect0":15,)"
                                   R"("ce":5},"back":{"not_ect":0,"ect1":0,"ect0":18,"ce":2}})"));
    const Ran plain = run_there("-p 7008", "--ecn 1 -q 127.0.0.1 7008");
    EXPECT_THAT(plain.out, HasSubstr("ECN: arrived here as 16 Not-ECT, 4 CE\n")) << plain.err;
}

TEST(UdpEchoEcn, IsUnknownUnlessAskedFor) {
    const EchoServer server;
    const Ran ran = Process({"udpecho", "-c", "1", "-j", "-q", "127.0.0.1", server.port()}).wait();
    EXPECT_THAT(ran.out, HasSubstr(R"("ecn_arrived":{"there":null,"back":null})")) << ran.err;
}

}  // namespace
}  // namespace sockbox::test

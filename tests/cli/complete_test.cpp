// Tests of what every command prints for shells: --complete=WORD.
#include <gmock/gmock.h>

#include "probe/assertion.h"
#include "serve/engines/engines.h"
#include "tests/support.h"
#include "tools/multicall.h"

namespace sockbox::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

// What "sockbox WORDS…" prints for the last of the words; the first line is the kind of completion.
Words printed(Words words) {
    const std::string typed = words.back();
    words.pop_back();
    words.insert(words.begin(), {"sockbox", "--complete=" + typed});
    const Ran ran = run(tools::multicall, words);
    EXPECT_EQ(ran.status, tools::exit_ok) << testing::PrintToString(words);
    EXPECT_EQ(ran.err, "") << testing::PrintToString(words);
    return lines(ran.out);
}

// The same without the descriptions and the first line.
Words offered(const Words& words) {
    Words offers;
    for (const std::string& line : printed(words))
        offers.push_back(line.substr(0, line.find('\t')));
    offers.erase(offers.begin());
    return offers;
}

TEST(Complete, OffersCommandsWithTheirDescriptions) {
    EXPECT_THAT(printed({"udp"}),
                ElementsAre("words",
                            "udpecho\tUDP echo client and server: loss, round trips, "
                            "jitter"));
    EXPECT_THAT(offered({""}),
                ElementsAre("showip", "sockopt", "echod", "echo", "udpecho", "help"));
    EXPECT_THAT(offered({"help", "e"}), ElementsAre("echod", "echo"));
    EXPECT_THAT(offered({"help", "d"}), ElementsAre("diagnostics"));
    EXPECT_THAT(offered({"help", "echo", ""}), ElementsAre());
}

TEST(Complete, OffersOptionsInTheOrderOfTheHelp) {
    EXPECT_THAT(offered({"echo", "--co"}),
                ElementsAre("--connect-timeout", "--count", "--connections", "--color"));
    EXPECT_THAT(offered({"showip", "-4"}), ElementsAre("-4"));
    EXPECT_THAT(offered({"showip", "-v"}), ElementsAre("-v")) << "-V is another option";
    EXPECT_THAT(offered({"echod", ""}), Contains("--port")) << "it takes no operands";
    EXPECT_THAT(offered({"showip", "--help", ""}), ElementsAre("all"));
}

TEST(Complete, OffersValuesInEverySpellingOfAnOption) {
    EXPECT_THAT(offered({"echod", "--engine", "po"}), ElementsAre("pool", "poll"));
    EXPECT_THAT(offered({"echod", "-e", "po"}), ElementsAre("pool", "poll"));
    EXPECT_THAT(offered({"echod", "-ve", "po"}), ElementsAre("pool", "poll"));
    EXPECT_THAT(offered({"echod", "--engine=po"}), ElementsAre("--engine=pool", "--engine=poll"));
    EXPECT_THAT(offered({"echod", "-e", "poll", "--col"}), ElementsAre("--color"));
    EXPECT_THAT(offered({"tcpecho", "--color", ""}), ElementsAre("auto", "always", "never"));
}

TEST(Complete, OffersEveryEngineMetricAndFault) {
    Words engines{"auto"};
    for (const serve::Engine& engine : serve::engines())
        engines.emplace_back(engine.name);
    EXPECT_EQ(offered({"echod", "--engine", ""}), engines);
    EXPECT_EQ(offered({"udpecho", "--assert", ""}), probe::Assertion::names());
    EXPECT_EQ(printed({"udpecho", "--assert", "p9"}), (Words{"parts", "p90", "p99", "p999"}));
    for (const std::string& name : probe::Assertion::names())
        EXPECT_TRUE(probe::Assertion::parse(name + "<1")) << name;
    const Words faults = offered({"echod", "--fault", ""});
    EXPECT_EQ(faults.size(), 10U);
    for (const std::string& fault : faults) {
        serve::Faults plan;
        EXPECT_TRUE(fault.ends_with('=')) << fault;
        EXPECT_TRUE(plan.add(fault + (fault == "stall=" ? "1s/2s" : "1"))) << fault;
    }
    EXPECT_THAT(offered({"echod", "--fault", "delay=20m"}), ElementsAre("delay=20ms", "delay=20m"));
    EXPECT_THAT(offered({"echod", "--fault=drop=1"}), ElementsAre("--fault=drop=1%"));
    EXPECT_THAT(offered({"echod", "--fault", "throttle=1"}),
                ElementsAre("throttle=1K", "throttle=1M", "throttle=1G"));
}

TEST(Complete, OffersUnits) {
    EXPECT_THAT(
        printed({"echo", "-t", "1.5"}),
        ElementsAre("words", "1.5ns\tnanoseconds", "1.5us\tmicroseconds", "1.5ms\tmilliseconds",
                    "1.5s\tseconds", "1.5m\tminutes", "1.5h\thours"));
    EXPECT_THAT(offered({"echo", "--size", "64"}), ElementsAre("64K", "64M", "64G"));
    EXPECT_THAT(offered({"echo", "--find-idle=5"}), Contains("--find-idle=5m"));
    EXPECT_THAT(offered({"echo", "-t", ""}), ElementsAre());
}

TEST(Complete, OffersWordsOfShowip) {
    EXPECT_THAT(offered({"showip", "--socktype", ""}),
                ElementsAre("any", "stream", "dgram", "raw", "seqpacket"));
    EXPECT_THAT(offered({"showip", "--flags", "passive,numeric"}),
                ElementsAre("passive,numerichost", "passive,numericserv"));
    EXPECT_THAT(offered({"showip", "--protocol", ""}), IsSupersetOf({"tcp", "udp", "sctp"}));
}

TEST(Complete, OffersSocketOptionsAndTheirValues) {
    EXPECT_THAT(offered({"sockopt", "rcvbuf"}), Contains("SO_RCVBUF"));
    EXPECT_EQ(printed({"sockopt", "tcp_nodel"}).front(), "parts");
    EXPECT_THAT(offered({"sockopt", "--explain", "SO_EXCL"}), ElementsAre("SO_EXCLUSIVEADDRUSE"));
    EXPECT_THAT(offered({"sockopt", "SO_KEEPALIVE="}),
                ElementsAre("SO_KEEPALIVE=on", "SO_KEEPALIVE=off"));
    EXPECT_THAT(offered({"echod", "--set", "keepidle"}), ElementsAre("TCP_KEEPIDLE="));
    EXPECT_THAT(offered({"echo", "--set=nodelay=o"}),
                ElementsAre("--set=nodelay=on", "--set=nodelay=off"));
    EXPECT_THAT(offered({"udpecho", "--set", "SO_TY"}), ElementsAre()) << "it cannot be set";
}

TEST(Complete, LeavesToTheShellWhatItKnows) {
    EXPECT_EQ(printed({"showip", "-f", "x"}), Words{"files"});
    EXPECT_EQ(printed({"echo", "--html=x"}), Words{"files"});
    EXPECT_EQ(printed({"echod", "--user", ""}), Words{"users"});
    EXPECT_EQ(printed({"echod", "--port", ""}), Words{"services"});
    EXPECT_EQ(printed({"echo", "--source-port", ""}), Words{"services"});
    EXPECT_EQ(printed({"showip", ""}), Words{"hosts"});
    EXPECT_EQ(printed({"udpecho", "-j", ""}), Words{"hosts"});
    EXPECT_EQ(printed({"echo", "-c", "5", "host", ""}), Words{"services"});
    EXPECT_EQ(printed({"echo", "--find-rate", "1-2", "host", ""}), Words{"services"});
    EXPECT_EQ(printed({"sockopt", "--listen", "0", "--", ""}), Words{"command"});
    EXPECT_EQ(printed({"sockopt", "--", "server", "-"}), Words{"command"});
}

// A line that is not finished, or wrong, is completed as far as it makes sense: nothing is run,
// looked up or printed to standard error.
TEST(Complete, NeverFailsOrRunsTheCommand) {
    for (const Words& words :
         {Words{"nosuch", ""}, Words{"echod", "--nosuch", "x", "--nosuch="}, Words{"echod", "-"},
          Words{"echod", "--workers", "many", "--engine", "e"}, Words{"showip", "--short="},
          Words{"sockopt", "="}, Words{"sockopt", "a=b=c"}, Words{"sockopt", "6:18="},
          Words{"--", "echod", ""}, Words{"echo", "-4", "-6", "host", "port", "word", "--="},
          Words{"udpecho", "--assert", "p99<"}, Words{"showip", "--flags", ",,"},
          Words{"udpecho", "--listen", "--port", "0", "--", "-x"}, Words{"echod", "--fault", "=="}})
        EXPECT_THAT(offered(words), Not(Contains(""))) << testing::PrintToString(words);
}

}  // namespace
}  // namespace sockbox::test

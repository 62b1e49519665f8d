// Tests of udpecho when the wall clock is wrong or is set by an hour during a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paths.h"
#include "tests/json_numbers.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr double hour = 3600e9;  // nanoseconds
constexpr double minute = 60e9;  // longer than any time here, shorter than the change of the clock

class UdpEchoClock : public testing::Test {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer wants to be loaded first";
#endif
    }

    // Moves the clock by `by` seconds after `after` replies.
    static Ran measure(const Words& server, const std::string& by, const std::string& after,
                       const Words& options) {
        const UdpServer listening(server);
        Words words{"udpecho", "--json", "-q", "127.0.0.1", listening.port()};
        words.insert(words.end(), options.begin(), options.end());
        return Process(words,
                       {SOCKBOX_MOVED_CLOCK, "MOVED_CLOCK_BY=" + by, "MOVED_CLOCK_AFTER=" + after})
            .wait();
    }
};

TEST_F(UdpEchoClock, RoundTripsLossAndJitterDoNotDependOnIt) {
    for (const char* by : {"3600", "-3600"})
        for (const char* after : {"0", "10"})
            for (const Words& options : {Words{"-c", "20", "-i", "1ms"},
                                         {"-c", "20", "-i", "1ms", "--timestamps", "user"},
                                         {"-c", "20", "--rate", "1000"}}) {
                const Ran ran = measure({}, by, after, options);
                EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20,"lost":0,"pending":0)"));
                EXPECT_GT(number_in(ran.out, "min_ns", "rtt"), 0) << ran.out;
                EXPECT_LT(number_in(ran.out, "max_ns", "rtt"), minute) << ran.out;
                EXPECT_LT(number_in(ran.out, "jitter_ns"), minute) << ran.out;
                EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
            }
}

TEST_F(UdpEchoClock, OneWayDelaysAreReportedAsImplausible) {
    const Words options{"--stamp", "-c", "20", "-i", "1ms"};
    const Ran ahead = measure({"--stamp"}, "3600", "0", options);
    EXPECT_LT(number_in(ahead.out, "max_ns", "forward"), -hour + minute) << ahead.out;
    EXPECT_GT(number_in(ahead.out, "min_ns", "backward"), hour - minute);
    EXPECT_THAT(ahead.out, HasSubstr(R"("implausible_delays":20,)"));
    const Ran behind = measure({"--stamp"}, "-3600", "0", options);
    EXPECT_GT(number_in(behind.out, "min_ns", "forward"), hour - minute);
    EXPECT_THAT(behind.out, HasSubstr(R"("implausible_delays":20,)"));
    // One at a time, so that no datagram but the tenth or the one after it straddles the change.
    const Ran set = measure({"--stamp"}, "3600", "10", {"--stamp", "-c", "20", "-i", "0"});
    EXPECT_NEAR(number_in(set.out, "implausible_delays"), 11, 1) << set.out;
    for (const Ran& ran : {ahead, behind, set}) {
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20,"lost":0)"));
        EXPECT_LT(number_in(ran.out, "max_ns", "rtt"), minute) << ran.out;
        EXPECT_LT(number_in(ran.out, "jitter_ns"), minute) << ran.out;
    }
    const Ran right = measure({"--stamp"}, "0", "0", options);
    EXPECT_THAT(right.out, HasSubstr(R"("implausible_delays":0,)"));
}

}  // namespace
}  // namespace sockbox::test

// Tests of lib/probe/rate_search, against servers that are functions of the rate.
#include "probe/rate_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace sockbox::probe {
namespace {

using Server = std::function<RateRun(double rate, std::size_t run)>;

Server up_to(double limit, RateRun beyond = RateRun::broken) {
    return [=](double rate, std::size_t) { return rate <= limit ? RateRun::kept : beyond; };
}

// The rates tried.
std::vector<double> run(RateSearch& search, const Server& server) {
    std::vector<double> rates;
    while (const auto rate = search.next()) {
        search.take(server(*rate, rates.size()));
        rates.push_back(*rate);
        if (rates.size() > 20)
            break;
    }
    return rates;
}

TEST(RateSearch, FindsAnyRateOfAnyRangeWithinFivePercentAndTwelveRuns) {
    for (const RateSearch::Range range :
         {RateSearch::Range{}, RateSearch::Range{100, 1e8}, RateSearch::Range{100, 1000},
          RateSearch::Range{50, 50e3}})
        for (double limit = range.low; limit < range.high * 0.999; limit *= 1.03) {
            RateSearch search(range);
            const auto rates = run(search, up_to(limit));
            const std::string what = testing::PrintToString(limit) + testing::PrintToString(rates);
            ASSERT_LE(rates.size(), RateSearch::max_runs) << what;
            ASSERT_TRUE(search.found()) << what;
            EXPECT_TRUE(search.is_confirmed()) << what;
            EXPECT_LE(*search.found(), limit) << what;
            EXPECT_GE(*search.found(), limit / RateSearch::precision) << what;
            EXPECT_EQ(search.limited_by(), RateRun::broken) << what;
            EXPECT_EQ(rates.back(), *search.found()) << what;
        }
}

TEST(RateSearch, DoublesThenHalves) {
    RateSearch search({100, 3200});
    EXPECT_THAT(
        run(search, up_to(500)),
        testing::ElementsAre(100, 200, 400, 800, testing::DoubleNear(565.7, 0.1),
                             testing::DoubleNear(475.7, 0.1), testing::DoubleNear(518.7, 0.1),
                             testing::DoubleNear(496.7, 0.1), testing::DoubleNear(496.7, 0.1)));
}

TEST(RateSearch, TheEndsOfTheRangeAreLimits) {
    RateSearch fast({100, 1000});
    EXPECT_THAT(run(fast, up_to(1e9)), testing::ElementsAre(100, 200, 400, 800, 1000, 1000));
    EXPECT_EQ(fast.found(), 1000);
    EXPECT_EQ(fast.limited_by(), RateRun::kept);

    RateSearch slow({100, 1000});
    EXPECT_EQ(run(slow, up_to(99)).size(), 1U);
    EXPECT_EQ(slow.found(), std::nullopt);
    EXPECT_EQ(slow.limited_by(), RateRun::broken);

    RateSearch one({100, 100});
    EXPECT_EQ(run(one, up_to(100)).size(), 2U);
    EXPECT_EQ(one.found(), 100);
}

TEST(RateSearch, TellsThatTheClientIsTheLimit) {
    RateSearch search({});
    run(search, up_to(20e3, RateRun::too_late));
    EXPECT_EQ(search.limited_by(), RateRun::too_late);
    EXPECT_NEAR(*search.found(), 20e3, 1000);
}

TEST(RateSearch, GoesOnBelowARateThatIsNotConfirmed) {
    RateSearch search({100, 1600});
    // The last of the runs up to there was luck.
    const auto rates = run(search, [](double rate, std::size_t number) {
        return rate <= (number < 8 ? 500 : 450) ? RateRun::kept : RateRun::broken;
    });
    EXPECT_LE(rates.size(), RateSearch::max_runs);
    EXPECT_LE(*search.found(), 450) << testing::PrintToString(rates);
    EXPECT_GE(*search.found(), 400) << testing::PrintToString(rates);
}

}  // namespace
}  // namespace sockbox::probe

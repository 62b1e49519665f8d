// Tests of lib/probe/assertion.
#include "probe/assertion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;

stats::Measurement measurement() {
    stats::Measurement numbers;
    numbers.sent = 1000;
    numbers.received = 999;
    numbers.lost = 1;
    numbers.reordered = 2;
    numbers.duration = 1s;
    for (int i = 1; i <= 999; ++i)
        numbers.rtt.record(std::chrono::microseconds(i));
    return numbers;
}

bool holds(std::string_view text) {
    return Assertion::parse(text)->judge(measurement()).ok;
}

TEST(Assertion, ComparesEveryName) {
    for (const char* text :
         {"min<2us", "mean<=500us", "p50<501us", "p90>899us", "p99<1ms", "p999>990us", "max<1ms",
          "loss<0.11%", "loss<=0.1%", "rate>=999", "duplicated<1", "reordered<=2", "reordered>1",
          "corrupted<1", "mismatched<=0", "unsent<1"})
        EXPECT_TRUE(holds(text)) << text;
    for (const char* text : {"min<1us", "mean<500us", "p50>501us", "max<999us", "loss<0.1%",
                             "rate>999", "duplicated>0", "reordered<2"})
        EXPECT_FALSE(holds(text)) << text;
}

TEST(Assertion, AllowsSpacesAroundItsParts) {
    EXPECT_TRUE(holds("p99 < 2ms"));
    EXPECT_TRUE(holds(" p99<= .5s "));
    EXPECT_TRUE(holds("loss <.2%"));
    EXPECT_TRUE(holds("reordered  >=  2"));
    EXPECT_EQ(Assertion::parse(" p99 <= 2ms ")->judge(measurement()).expression, "p99<=2ms");
    EXPECT_FALSE(Assertion::parse("p99 < = 2ms"));
    EXPECT_FALSE(Assertion::parse("p 99 < 2ms"));
}

TEST(Assertion, UndefinedValueBreaksIt) {
    const auto verdict = Assertion::parse("p99<1h")->judge(stats::Measurement());
    EXPECT_FALSE(verdict.ok);
    EXPECT_FALSE(verdict.value);
    EXPECT_EQ(verdict.shown, "none");
    EXPECT_FALSE(Assertion::parse("jitter<1h")->judge(measurement()).ok);
    for (const char* text : {"loss<100%", "rate>=0", "duplicated<1", "reordered<1", "corrupted<1",
                             "mismatched<1", "unsent<1"})
        EXPECT_FALSE(Assertion::parse(text)->judge(stats::Measurement()).ok) << text;
}

// What could not be sent has not come back either, unless that is judged apart.
TEST(Assertion, UnsentCountsAsALoss) {
    auto numbers = measurement();
    numbers.unsent = 1000;
    const auto loss = Assertion::parse("loss<1%");
    const auto verdict = loss->judge(numbers);
    EXPECT_FALSE(verdict.ok);
    EXPECT_NEAR(*verdict.value, 50.05, 0.001);
    EXPECT_EQ(verdict.shown, "50%, with 1000 not sent");
    EXPECT_TRUE(loss->judge(numbers, true).ok);
    stats::Measurement nothing;
    nothing.unsent = 3;
    EXPECT_EQ(loss->judge(nothing).value, 100.0);
    EXPECT_TRUE(Assertion::parse("unsent<=3")->is_about("unsent"));
    EXPECT_FALSE(loss->is_about("unsent"));
}

TEST(Assertion, WhatCannotBeToldApartHasNoOrder) {
    auto numbers = measurement();
    numbers.distinguishable = false;
    EXPECT_FALSE(Assertion::parse("reordered<=2")->judge(numbers).ok);
    EXPECT_FALSE(Assertion::parse("duplicated<=2")->judge(numbers).ok);
}

TEST(Assertion, RejectsAnythingElseAndNamesIt) {
    for (const char* text : {"", "p99", "p98<1ms", "p99=1ms", "p99<", "p99<1", "p99<1 ms", "<1ms",
                             "loss<1ms", "rate<1ms", "p99<<1ms", "P99<1ms"}) {
        const auto parsed = Assertion::parse(text);
        if (std::string_view(text) == "p99<1") {
            EXPECT_TRUE(parsed) << "a bare number is seconds";
            continue;
        }
        EXPECT_FALSE(parsed) << text;
    }
    EXPECT_THAT(Assertion::parse("loss<1ms").error().message(),
                testing::StartsWith("'loss<1ms': '1ms' is not a percentage"));
}

}  // namespace
}  // namespace sockbox::probe

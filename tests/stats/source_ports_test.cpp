// Tests of the results by local port and of the binomial test.
#include "stats/source_ports.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stats/split_mix.h"

namespace sockbox::stats {
namespace {

// The relative error of a result, except for 0.
void expect_close(double result, double exact, double error = 1e-11) {
    EXPECT_GT(result, exact * (1 - error)) << exact;
    EXPECT_LT(result, exact * (1 + error)) << exact;
}

// Exact values by rational arithmetic (Python's fractions), rounded once.
TEST(BinomialTail, EqualsExactValues) {
    expect_close(binomial_tail(1, 1, 1.0 / 4), 0.25);
    expect_close(binomial_tail(3, 10, 1.0 / 2), 0.9453125);
    expect_close(binomial_tail(10, 10, 1.0 / 64), 8.673617379884035e-19);
    expect_close(binomial_tail(20, 20, 1.0 / 64), 7.52316384526264e-37);
    expect_close(binomial_tail(2, 100, 1.0 / 100), 0.26423802107704375);
    expect_close(binomial_tail(20, 100, 1.0 / 1000), 4.966486799439375e-40);
    expect_close(binomial_tail(100, 1000, 1.0 / 20), 8.410251084877328e-11);
    expect_close(binomial_tail(7, 64, 1.0 / 8), 0.7030207416734663);
    expect_close(binomial_tail(100, 6400, 1.0 / 64), 0.5136130777394148);
    expect_close(binomial_tail(2000, 3000, 1.0 / 2), 5.0450743139706706e-76);
    expect_close(binomial_tail(40, 100000, 1.0 / 10000), 7.309427909776608e-13);
}

TEST(BinomialTail, HasItsLimits) {
    EXPECT_EQ(binomial_tail(0, 0, 0.5), 1);
    EXPECT_EQ(binomial_tail(0, 10, 0), 1);
    EXPECT_EQ(binomial_tail(1, 10, 0), 0);
    EXPECT_EQ(binomial_tail(10, 10, 1), 1);
    EXPECT_EQ(binomial_tail(11, 10, 0.5), 0);
    EXPECT_EQ(binomial_tail(4000, 4000, 0.001), 0);  // 1e-12000
    expect_close(binomial_tail(1, 10, 0.5), 1 - std::pow(0.5, 10));
}

// Beyond what is computed exactly, it takes a smaller sample of the same shares.
TEST(BinomialTail, OfManyIsBoundedAndNotBelowTheTruth) {
    const std::uint64_t trials = 1'000'000'000'000;
    EXPECT_EQ(binomial_tail(500'000'000'000, trials, 0.1), 0);
    EXPECT_GT(binomial_tail(100'000'000'000, trials, 0.1), 0.4);
    EXPECT_GT(binomial_tail(100'001'000'000, trials, 0.1), 4e-4);  // which is 3.3 deviations
    EXPECT_LT(binomial_tail(120'000'000'000, trials, 0.1), 1e-10);
    EXPECT_EQ(binomial_tail(1, trials, 0.5), 1);
    EXPECT_EQ(binomial_tail(4096, trials, 1e-12), 0);
    expect_close(binomial_tail(3, trials, 1e-12), 0.08030139707139418, 1e-3);
}

SourcePorts ports(std::size_t count, std::uint64_t sent) {
    SourcePorts found;
    for (std::size_t i = 0; i < count; ++i) {
        PortNumbers& numbers = found[static_cast<std::uint16_t>(40000 + i)];
        numbers.sent = sent;
        numbers.received = sent;
    }
    return found;
}

void lose(PortNumbers& numbers, std::uint64_t lost) {
    numbers.lost += lost;
    numbers.received -= lost;
}

TEST(SourcePorts, OneBadPortIsSuspectWhateverItsShare) {
    for (const std::uint64_t lost : {4U, 10U, 20U}) {
        SourcePorts found = ports(64, 20);
        lose(found[40017], lost);
        const auto verdicts = judge(found);
        EXPECT_EQ(suspects(found).size(), 1U) << lost;
        EXPECT_TRUE(verdicts[17].is_suspect) << lost;
        EXPECT_EQ(verdicts[17].others_loss, 0) << lost;
        // Of 20 messages, with the loss of all 1280.
        expect_close(verdicts[17].chance,
                     64 * binomial_tail(lost, 20, static_cast<double>(lost) / 1280));
    }
}

TEST(SourcePorts, FewLossesAreLuck) {
    for (const std::uint64_t sent : {1U, 2U, 10U, 1000U}) {
        SourcePorts found = ports(64, sent);
        EXPECT_EQ(suspects(found).size(), 0U) << sent;
        lose(found[40003], 1);
        EXPECT_EQ(suspects(found).size(), 0U) << sent;
        lose(found[40063], 1);
        EXPECT_EQ(suspects(found).size(), 0U) << sent;
    }
    EXPECT_TRUE(judge({}).empty());
}

TEST(SourcePorts, BadPortStandsOutFromOthersThatLoseToo) {
    SourcePorts found = ports(16, 500);
    for (auto& [port, numbers] : found)
        lose(numbers, port == 40005 ? 100 : 25);
    const auto verdicts = judge(found);
    EXPECT_EQ(suspects(found).size(), 1U);
    EXPECT_TRUE(verdicts[5].is_suspect);
    expect_close(verdicts[5].others_loss, 0.05);
    expect_close(verdicts[0].others_loss, 450.0 / 7500);
}

TEST(SourcePorts, SeveralBadPortsAreAllFound) {
    SourcePorts found = ports(64, 100);
    for (const int port : {40001, 40002, 40030, 40063})
        lose(found[static_cast<std::uint16_t>(port)], 100);
    EXPECT_EQ(suspects(found).size(), 4U);
}

// If all ports are alike, a port is named in at most one run of a hundred.
TEST(SourcePorts, LuckIsRarelySuspect) {
    SplitMix random(1);
    int named = 0;
    constexpr int runs = 2000;
    for (int run = 0; run < runs; ++run) {
        SourcePorts found = ports(64, 50);
        for (auto& [port, numbers] : found)
            for (int i = 0; i < 50; ++i)
                if (random.next() % 100 < 3)
                    lose(numbers, 1);
        named += !suspects(found).empty() ? 1 : 0;
    }
    EXPECT_LE(named, runs / 100);
    EXPECT_GT(named, 0);  // the test is not so strict that it would never name any
}

TEST(SourcePorts, ResultsOfThreadsAddUp) {
    PortNumbers one;
    one.sent = 3;
    one.received = 2;
    one.lost = 1;
    one.rtt.record(std::chrono::microseconds(10));
    PortNumbers other = one;
    other.merge(one);
    EXPECT_EQ(other.sent, 6U);
    EXPECT_EQ(other.received, 4U);
    EXPECT_EQ(other.lost, 2U);
    EXPECT_EQ(other.rtt.summary().count, 2U);
    EXPECT_EQ(PortNumbers().loss(), 0);
}

}  // namespace
}  // namespace sockbox::stats

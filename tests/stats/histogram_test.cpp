// Tests of lib/stats/histogram against exact sorting.
#include "stats/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

namespace sockbox::stats {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr double stated_error = 0.001;

// Samples spread evenly over the orders of magnitude from 1 ns to an hour.
std::vector<nanoseconds> spread_samples(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> exponent(0, std::log(3.6e12));
    std::vector<nanoseconds> samples(count);
    for (nanoseconds& sample : samples)
        sample = nanoseconds(std::llround(std::exp(exponent(random))));
    return samples;
}

nanoseconds exact_quantile(const std::vector<nanoseconds>& sorted, double quantile) {
    const auto rank = static_cast<std::size_t>(
        std::max(1.0, std::ceil(quantile * static_cast<double>(sorted.size()))));
    return sorted[rank - 1];
}

TEST(Histogram, AgreesWithSortingWithinItsError) {
    for (const std::size_t count : {1U, 2U, 10U, 999U, 20000U}) {
        std::vector<nanoseconds> samples = spread_samples(count, static_cast<unsigned>(count));
        Histogram histogram;
        for (const nanoseconds sample : samples)
            histogram.record(sample);
        std::sort(samples.begin(), samples.end());
        for (const double quantile : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            const double exact = static_cast<double>(exact_quantile(samples, quantile).count());
            const double found = static_cast<double>(histogram.quantile(quantile)->count());
            EXPECT_NEAR(found, exact, exact * stated_error) << count << " at " << quantile;
        }
    }
}

// Values around each power of two, where the buckets change width. The extremes, which are kept
// exactly, lie elsewhere.
TEST(Histogram, NoDurationIsFurtherOffThanStated) {
    for (std::int64_t power = 1; power < Histogram::longest.count(); power *= 2)
        for (const std::int64_t ns : {power - 1, power, power + 1, power + power / 3}) {
            Histogram histogram;
            histogram.record(-1ns);
            histogram.record(nanoseconds(ns));
            histogram.record(2h);
            const auto exact =
                static_cast<double>(std::min(ns, std::int64_t{Histogram::longest.count()}));
            EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)->count()), exact,
                        exact * stated_error)
                << ns;
        }
}

TEST(Histogram, WhatThreadsRecordAgreesWithSortingAllOfIt) {
    constexpr unsigned thread_count = 4;
    std::vector<Histogram> histograms(thread_count);
    std::vector<std::thread> threads;
    std::vector<nanoseconds> all;
    for (unsigned i = 0; i < thread_count; ++i) {
        auto samples = spread_samples(1000 * (i + 1), 100 + i);
        all.insert(all.end(), samples.begin(), samples.end());
        threads.emplace_back([&into = histograms[i], own = std::move(samples)] {
            for (const nanoseconds sample : own)
                into.record(sample);
        });
    }
    Histogram merged;
    for (unsigned i = 0; i < thread_count; ++i) {
        threads[i].join();
        merged.merge(histograms[i]);
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(merged.count(), all.size());
    EXPECT_EQ(merged.min(), all.front());
    EXPECT_EQ(merged.max(), all.back());
    for (int percent = 0; percent <= 100; ++percent) {
        const double quantile = percent / 100.0;
        const double exact = static_cast<double>(exact_quantile(all, quantile).count());
        EXPECT_NEAR(static_cast<double>(merged.quantile(quantile)->count()), exact,
                    exact * stated_error)
            << quantile;
    }
}

TEST(Histogram, IsExactBelowTwoMicroseconds) {
    for (const auto value : {0ns, 1ns, 1023ns, 1024ns, 2047ns}) {
        Histogram histogram;
        histogram.record(value);
        histogram.record(1h);
        EXPECT_EQ(histogram.quantile(0.5), value);
    }
}

TEST(Histogram, MergesToTheSameAsOneRecorder) {
    Histogram first;
    Histogram second;
    Histogram whole;
    for (const nanoseconds sample : spread_samples(5000, 7)) {
        (sample.count() % 2 == 0 ? first : second).record(sample);
        whole.record(sample);
    }
    first.merge(second);
    EXPECT_EQ(first.count(), whole.count());
    for (const double quantile : {0.01, 0.5, 0.99})
        EXPECT_EQ(first.quantile(quantile), whole.quantile(quantile));
}

TEST(Histogram, KeepsWhatLiesOutsideItsRange) {
    Histogram histogram;
    EXPECT_EQ(histogram.quantile(0.5), std::nullopt);
    histogram.record(-5ns);
    histogram.record(2h);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.quantile(0), 0ns);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(1)->count()), 3.6e12, 3.6e9);
}

TEST(Histogram, BucketsHoldEverySampleInOrder) {
    Histogram histogram;
    for (const nanoseconds sample : spread_samples(1000, 3))
        histogram.record(sample);
    std::uint64_t total = 0;
    nanoseconds before{-1};
    for (const Histogram::Bucket& bucket : histogram.buckets()) {
        EXPECT_LT(before, bucket.low);
        EXPECT_LT(bucket.low, bucket.high);
        total += bucket.count;
        before = bucket.low;
    }
    EXPECT_EQ(total, 1000U);
}

// Enough for a thousand servers side by side.
TEST(Histogram, ACompactOneIsWithinItsOwnError) {
    constexpr double compact_error = 0.016;
    std::vector<nanoseconds> samples = spread_samples(20000, 7);
    Histogram histogram(Detail::compact);
    for (const nanoseconds sample : samples)
        histogram.record(sample);
    std::sort(samples.begin(), samples.end());
    for (const double quantile : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double exact = static_cast<double>(exact_quantile(samples, quantile).count());
        const double found = static_cast<double>(histogram.quantile(quantile)->count());
        EXPECT_NEAR(found, exact, exact * compact_error) << quantile;
    }
    Histogram full;
    full.record(7ms);
    full.merge(histogram);
    EXPECT_EQ(full.count(), 20001U);
    EXPECT_EQ(full.max(), histogram.max());
    EXPECT_NEAR(static_cast<double>(full.quantile(0.5)->count()),
                static_cast<double>(histogram.quantile(0.5)->count()),
                static_cast<double>(histogram.quantile(0.5)->count()) * compact_error);
}

TEST(Histogram, ACopyIsIndependent) {
    Histogram one;
    one.record(5ms);
    Histogram other = one;
    other.record(5ms);
    other.record(1s);
    EXPECT_EQ(one.count(), 1U);
    EXPECT_EQ(one.buckets().size(), 1U);
    one = other;
    EXPECT_EQ(one.count(), 3U);
}

}  // namespace
}  // namespace sockbox::stats

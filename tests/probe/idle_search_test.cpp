// Tests of the search for the idle timeout, on simulated paths and without waiting.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "probe/path/idle_search.h"
#include "stats/split_mix.h"

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;
using Duration = IdleSearch::Duration;

constexpr Duration reply_timeout = 2s;
constexpr std::size_t connections = 64;

// What happens to a connection: after the silence `at`, if it lasts as long, it ends; without
// `watched`, this shows only when a message is sent.
struct Fate {
    Duration at = Duration::max();
    IdleEnd by = IdleEnd::silence;
    bool watched = false;
};

// The fate of each connection, by its number from 0 and the round from 1.
using Path = std::function<Fate(unsigned connection, unsigned round)>;

struct Simulated {
    IdleTimeout found;
    Duration took{0};
    unsigned rounds = 0;
    std::size_t most_connections = 0;
};

struct Event {
    Duration at;  // since the round began
    Duration planned;
    Duration silence;
    Fate fate;
    bool survives;
};

std::vector<Event> events_of(const std::vector<Duration>& plan, const Path& path, unsigned round) {
    std::vector<Event> events;
    for (unsigned i = 0; i < plan.size(); ++i) {
        const Fate fate = path(i, round);
        const bool survives = plan[i] < fate.at;
        const Duration silence = fate.watched ? std::min(fate.at, plan[i]) : plan[i];
        const bool waits = !survives && fate.by == IdleEnd::silence;
        events.push_back(
            {silence + (waits ? reply_timeout : 0ns), plan[i], silence, fate, survives});
    }
    std::ranges::stable_sort(events, {}, &Event::at);
    return events;
}

// Runs a search as idle_timeout.cpp does, in simulated time.
Simulated simulate(Duration max, const Path& path, std::size_t at_once = connections) {
    IdleSearch search(max);
    Simulated result;
    for (auto plan = search.plan(at_once); !plan.empty(); plan = search.plan(at_once)) {
        result.most_connections = std::max(result.most_connections, plan.size());
        EXPECT_TRUE(std::ranges::is_sorted(plan, std::ranges::less_equal())) << search.round();
        EXPECT_GT(plan.front(), 0ns);
        EXPECT_LE(plan.back(), max);
        search.begin_round();
        Duration now{0};
        for (const Event& event : events_of(plan, path, search.round())) {
            if (!search.matters(event.planned, std::min(event.planned, event.at)))
                continue;
            now = event.at;
            if (event.survives)
                search.survived(event.silence);
            else
                search.ended(event.silence, event.fate.by, event.fate.watched);
        }
        search.end_round();
        result.took += now;
        EXPECT_LE(search.round(), 64U);
    }
    result.found = search.found();
    result.rounds = search.round();
    return result;
}

Path sharp(Duration at, IdleEnd by, bool watched = false) {
    return [=](unsigned, unsigned) { return Fate{at, by, watched}; };
}

TEST(IdleSearch, FindsASharpTimeoutInTwoRounds) {
    for (const Duration timeout :
         {300ms, 1000ms, 2900ms, 30'000ms, 61'000ms, 240'000ms, 350'000ms, 600'000ms, 899'000ms})
        for (const IdleEnd by : {IdleEnd::silence, IdleEnd::reset}) {
            const Simulated run = simulate(15min, sharp(timeout, by));
            ASSERT_TRUE(run.found.timeout) << timeout.count();
            EXPECT_NEAR(static_cast<double>(run.found.timeout->count()),
                        static_cast<double>(timeout.count()),
                        static_cast<double>(IdleSearch::accuracy(timeout).count()) / 2);
            EXPECT_LT(run.found.survived.value_or(0ns), timeout);
            EXPECT_GE(*run.found.ended, timeout);
            EXPECT_EQ(run.found.ended_by, by);
            EXPECT_FALSE(run.found.outlived);
            EXPECT_EQ(run.rounds, 2U);
            EXPECT_LE(run.most_connections, connections);
            EXPECT_LT(run.took, timeout * 23 / 10 + 2 * reply_timeout + 250ms) << timeout.count();
        }
}

TEST(IdleSearch, IsOverAfterOneRoundWithoutATimeout) {
    for (const Duration max : {Duration(1s), Duration(15min), Duration(31 * 24h)}) {
        const Simulated run = simulate(max, sharp(Duration::max(), IdleEnd::silence));
        EXPECT_FALSE(run.found.timeout);
        EXPECT_FALSE(run.found.ended_by);
        EXPECT_EQ(run.found.survived, max);
        EXPECT_EQ(run.rounds, 1U);
        EXPECT_EQ(run.took, max);
    }
}

TEST(IdleSearch, TimeoutAtTheMaximumIsFoundAndOneAboveItIsNot) {
    EXPECT_EQ(simulate(10s, sharp(10s, IdleEnd::silence)).found.ended, Duration(10s));
    EXPECT_FALSE(simulate(10s, sharp(10001ms, IdleEnd::silence)).found.timeout);
}

// A server that closes idle connections is seen to do so on all of them at once: no second round.
TEST(IdleSearch, WhatTwoConnectionsSeeIsExact) {
    for (const IdleEnd by : {IdleEnd::close, IdleEnd::reset}) {
        const Simulated run = simulate(15min, sharp(43210ms, by, true));
        EXPECT_EQ(run.found.timeout, Duration(43210ms));
        EXPECT_EQ(run.found.ended_by, by);
        EXPECT_EQ(run.rounds, 1U);
        EXPECT_EQ(run.took, Duration(43210ms));
    }
}

// The second connection ends a little later than the first.
TEST(IdleSearch, ConnectionsNeedNotEndAtTheSameMoment) {
    const Simulated run = simulate(15min, [](unsigned connection, unsigned) {
        return Fate{30s + connection * 2ms, IdleEnd::close, true};
    });
    EXPECT_EQ(run.rounds, 1U);
    ASSERT_TRUE(run.found.timeout);
    EXPECT_NEAR(static_cast<double>(run.found.timeout->count()), 30e9, 0.2e9);
}

// One connection alone that is closed must be closed again at the same time.
TEST(IdleSearch, WhatOneConnectionSeesIsRepeated) {
    const Simulated run = simulate(10s, [](unsigned, unsigned round) {
        return round == 1 ? Fate{9900ms, IdleEnd::close, true} : Fate{9890ms, IdleEnd::close, true};
    });
    ASSERT_TRUE(run.found.timeout);
    EXPECT_EQ(run.rounds, 2U);
    EXPECT_NEAR(static_cast<double>(run.found.timeout->count()), 9.89e9, 0.125e9);
}

TEST(IdleSearch, AccidentIsNotTakenForTheTimeout) {
    const Simulated none = simulate(15min, [](unsigned connection, unsigned round) {
        return round == 1 && connection == 30 ? Fate{0s, IdleEnd::silence, false} : Fate{};
    });
    EXPECT_FALSE(none.found.timeout);
    EXPECT_EQ(none.found.survived, Duration(15min));

    const Simulated later = simulate(15min, [](unsigned connection, unsigned round) {
        return round == 1 && connection == 10 ? Fate{0s, IdleEnd::reset, false}
                                              : Fate{350s, IdleEnd::reset, false};
    });
    ASSERT_TRUE(later.found.timeout);
    EXPECT_NEAR(static_cast<double>(later.found.timeout->count()), 350e9, 7e9);
    EXPECT_EQ(later.found.ended_by, IdleEnd::reset);
}

// Each connection has a timeout of its own, between 25 and 35 s.
TEST(IdleSearch, RandomTimeoutsYieldOneWithinTheirBand) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        stats::SplitMix random(seed);
        const Simulated run = simulate(15min, [&](unsigned, unsigned) {
            return Fate{25s + std::chrono::milliseconds(random.next() % 10'000), IdleEnd::silence,
                        false};
        });
        ASSERT_TRUE(run.found.timeout) << seed;
        EXPECT_GT(*run.found.timeout, 24s) << seed;
        EXPECT_LT(*run.found.timeout, 36s) << seed;
        EXPECT_LT(run.took, 5min) << seed;
        if (run.found.outlived) {
            EXPECT_GT(*run.found.outlived, *run.found.ended) << seed;
        }
    }
}

// Of two balancers in turn, only one forgets connections.
TEST(IdleSearch, TimeoutOfEverySecondConnectionIsFound) {
    const Simulated run = simulate(15min, [](unsigned connection, unsigned) {
        return connection % 2 == 0 ? Fate{60s, IdleEnd::silence, false} : Fate{};
    });
    ASSERT_TRUE(run.found.timeout);
    EXPECT_GE(*run.found.ended, 60s);
    EXPECT_LT(*run.found.timeout, 75s);
}

// With few connections it takes more rounds, with one it halves.
TEST(IdleSearch, WorksWithAnyNumberOfConnections) {
    for (const std::size_t at_once : {1U, 2U, 3U, 5U, 16U, 256U})
        for (const Duration timeout : {1500ms, 30'000ms, 800'000ms}) {
            const Simulated run = simulate(15min, sharp(timeout, IdleEnd::silence), at_once);
            ASSERT_TRUE(run.found.timeout) << at_once;
            EXPECT_NEAR(static_cast<double>(run.found.timeout->count()),
                        static_cast<double>(timeout.count()),
                        static_cast<double>(IdleSearch::accuracy(timeout).count()) / 2 + 1)
                << at_once;
            EXPECT_LE(run.most_connections, at_once);
            EXPECT_LE(run.rounds, 14U) << at_once;
        }
}

// Until a round is over, what is known is the answer to an interrupt.
TEST(IdleSearch, KnowsWhatWasFoundSoFar) {
    IdleSearch search(15min);
    EXPECT_FALSE(search.found().survived);
    const auto plan = search.plan(connections);
    EXPECT_EQ(plan.back(), Duration(15min));
    search.begin_round();
    search.survived(plan[0]);
    search.survived(plan[1]);
    EXPECT_EQ(search.found().survived, plan[1]);
    EXPECT_FALSE(search.found().timeout);
    search.ended(plan[3], IdleEnd::reset, false);
    EXPECT_EQ(search.found().ended, plan[3]);
    EXPECT_TRUE(search.matters(plan[2], 0s));
    EXPECT_FALSE(search.matters(plan[4], 0s));
    search.survived(plan[2]);
    EXPECT_EQ(search.found().timeout, plan[2] + (plan[3] - plan[2]) / 2);
}

}  // namespace
}  // namespace sockbox::probe

// Tests of lib/probe/lookup/lookup_queue.
#include "probe/lookup/lookup_queue.h"

#include <gmock/gmock.h>

#include "tests/support.h"

namespace sockbox::probe {
namespace {

using testing::ElementsAre;

Question numeric(std::string host) {
    return {std::move(host), {}, {AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, 0}};
}

TEST(LookupQueue, ShowsInTheOrderOfTheQuestions) {
    std::vector<std::string> shown;
    int pauses = 0;
    LookupQueue queue(
        LookupPlan{}, [&](const Lookup& lookup) { shown.push_back(lookup.question.host); },
        [&] { ++pauses; });
    std::vector<std::string> asked;
    for (int i = 0; i < 2000; ++i) {  // many times the number of places
        asked.push_back("127.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
        queue.submit(numeric(asked.back()));
    }
    queue.finish();
    queue.finish();
    EXPECT_EQ(shown, asked);
    EXPECT_GE(pauses, 1);
}

TEST(LookupQueue, WhatNeedsNoAskingKeepsItsPlace) {
    std::vector<std::string> shown;
    {
        LookupQueue queue(
            LookupPlan{.jobs = 2},
            [&](const Lookup& lookup) {
                shown.push_back(lookup.answer ? "found" : lookup.answer.error().message());
            },
            [] {});
        queue.submit(numeric("127.0.0.1"));
        queue.put({numeric("x"), {}, net::fail_text("no host"), {}, {}});
        queue.submit(numeric("::1"));
    }
    EXPECT_THAT(shown, ElementsAre("found", "no host", "found"));
}

TEST(LookupQueue, FailuresAreTriedAgainUntilTheTimeIsOver) {
    const auto begin = net::Clock::now();
    LookupPlan plan;
    plan.retry_until = begin + std::chrono::milliseconds(250);
    bool found = true;
    LookupQueue queue(
        plan, [&](const Lookup& lookup) { found = lookup.answer.has_value(); }, [] {});
    queue.submit(numeric("nosuch"));
    queue.finish();
    EXPECT_FALSE(found);
    EXPECT_GE(net::Clock::now(), *plan.retry_until);
}

TEST(LookupQueue, ExaminesEachAddress) {
    LookupPlan plan;
    plan.examine.route = true;
    std::vector<std::string> sources;
    LookupQueue queue(
        plan,
        [&](const Lookup& lookup) {
            for (const Detail& detail : lookup.details)
                sources.push_back(detail.route && *detail.route ? (*detail.route)->source.address()
                                                                : "none");
        },
        [] {});
    Question question = numeric("127.0.0.1");
    question.hints.socktype = 0;
    queue.submit(question);
    queue.finish();
    ASSERT_GE(sources.size(), test::on_wine() ? 1U : 2U);  // Wine returns no entry for each type
    EXPECT_THAT(sources, testing::Each("127.0.0.1"));
}

}  // namespace
}  // namespace sockbox::probe

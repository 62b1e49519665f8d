// Tests of lib/probe/echo_window.
#include "probe/echo_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace sockbox::probe {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

void put(EchoWindow& window, std::string_view text) {
    while (!text.empty()) {
        const auto room = window.room(text.size());
        std::ranges::copy(bytes(text).first(room.size()), room.begin());
        window.add(room.size());
        text.remove_prefix(room.size());
    }
}

TEST(EchoWindow, ComparesAcrossPieces) {
    EchoWindow window(8, 4);
    put(window, "abcdef");
    EXPECT_FALSE(window.compare(bytes("abcd")).difference);
    put(window, "ghijkl");
    EXPECT_EQ(window.outstanding().bytes, 8U);
    const auto compared = window.compare(bytes("efghijkl"));
    EXPECT_FALSE(compared.difference);
    EXPECT_EQ(compared.surplus, 0U);
    EXPECT_EQ(window.outstanding().bytes, 0U);
}

TEST(EchoWindow, ReportsTheStreamOffsetOfTheFirstDifference) {
    EchoWindow window(8, 4);
    put(window, "abcdef");
    EXPECT_FALSE(window.compare(bytes("abcdef")).difference);
    put(window, "ghij");
    const auto compared = window.compare(bytes("ghXj"));
    ASSERT_TRUE(compared.difference);
    EXPECT_EQ(compared.difference->offset, 8U);
    EXPECT_EQ(compared.difference->expected, std::byte{'i'});
    EXPECT_EQ(compared.difference->got, std::byte{'X'});
}

TEST(EchoWindow, ReportsSurplusBytes) {
    EchoWindow window(8, 4);
    EXPECT_EQ(window.compare(bytes("abc")).surplus, 3U);
    put(window, "ab");
    EXPECT_EQ(window.compare(bytes("abc")).surplus, 1U);
    put(window, "ab");
    EXPECT_EQ(window.skip(3), 1U);
}

TEST(EchoWindow, ComparesAStreamOfAnyPieces) {
    EchoWindow window(32, 8);
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same in each run
    std::string sent;
    for (std::size_t back = 0; back < 10'000;) {
        while (sent.size() - back < window.limit()) {
            const auto room = window.room(1 + random() % 12);
            for (std::byte& byte : room) {
                byte = static_cast<std::byte>(random());
                sent.push_back(static_cast<char>(byte));
            }
            window.add(room.size());
        }
        const auto some = std::string_view(sent).substr(back, 1 + random() % 20);
        const auto compared = window.compare(bytes(some));
        ASSERT_FALSE(compared.difference) << to_text(*compared.difference);
        ASSERT_EQ(compared.surplus, 0U);
        back += some.size();
    }
}

// So that the memory stays in the processor's cache.
TEST(EchoWindow, UsesTheSamePiecesAgain) {
    EchoWindow window(64, 4);
    std::set<const std::byte*> places;
    for (int i = 0; i < 100; ++i) {
        const auto room = window.room(4);
        places.insert(room.data());
        window.add(room.size());
        EXPECT_EQ(window.skip(room.size()), 0U);
    }
    EXPECT_EQ(places.size(), 1U);
}

TEST(EchoWindow, AServerThatWaitsForMoreReceivesIt) {
    EchoWindow window(32, 4);
    put(window, std::string(32, 'a'));
    EXPECT_EQ(window.outstanding().bytes, 32U);
    EXPECT_EQ(window.limit(), 32U);
}

TEST(EchoWindow, ALongPathHoldsMore) {
    EchoWindow window(64, 4);
    const auto until = net::deadline_in(std::chrono::seconds(30));
    while (window.limit() < 64 && net::Clock::now() < until) {
        const std::string full(window.limit(), 'a');
        put(window, full);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the path
        EXPECT_EQ(window.skip(full.size()), 0U);
    }
    EXPECT_EQ(window.limit(), 64U);
}

TEST(EchoWindow, ClosingEndsTheWaitForRoom) {
    EchoWindow window(4, 2);
    put(window, "abcd");
    std::thread waiting([&] { EXPECT_TRUE(window.room(1).empty()); });
    window.close();
    waiting.join();
}

}  // namespace
}  // namespace sockbox::probe

// Tests of lib/probe/echo_window.
#include "probe/echo_window.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(EchoWindow, ComparesAcrossTheEndOfTheRing) {
    EchoWindow window(8);
    put(window, "abcdef");
    EXPECT_FALSE(window.compare(bytes("abcd")).difference);
    put(window, "ghijkl");  // fills the window, wrapping at 8
    EXPECT_EQ(window.outstanding().bytes, 8U);
    const auto compared = window.compare(bytes("efghijkl"));
    EXPECT_FALSE(compared.difference);
    EXPECT_EQ(compared.surplus, 0U);
    EXPECT_EQ(window.outstanding().bytes, 0U);
}

TEST(EchoWindow, ReportsTheStreamOffsetOfTheFirstDifference) {
    EchoWindow window(8);
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
    EchoWindow window(8);
    EXPECT_EQ(window.compare(bytes("abc")).surplus, 3U);
    put(window, "ab");
    EXPECT_EQ(window.compare(bytes("abc")).surplus, 1U);
    put(window, "ab");
    EXPECT_EQ(window.skip(3), 1U);
}

TEST(EchoWindow, ClosingEndsTheWaitForRoom) {
    EchoWindow window(4);
    put(window, "abcd");
    std::thread waiting([&] { EXPECT_TRUE(window.room(1).empty()); });
    window.close();
    waiting.join();
}

}  // namespace
}  // namespace sockbox::probe

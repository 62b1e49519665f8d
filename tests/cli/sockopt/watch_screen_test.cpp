// Tests of the layout of sockopt's live table, without a terminal and without waiting.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/sockopt/watch_table.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;
using test_lines = std::vector<std::string>;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

net::SocketReading connection(std::uint64_t cookie) {
    net::SocketReading socket;
    socket.target.cookie = cookie;
    socket.target.facts.kind = {AF_INET, SOCK_STREAM, 6, false};
    socket.target.facts.state = "ESTABLISHED";
    socket.target.facts.local = "192.0.2.1:443";
    socket.target.facts.peer = fmt::format("198.51.100.7:{}", 10'000 + cookie);
    socket.has_tcp_info = true;
    return socket;
}

net::ValueChange counter(std::string name, double per_second) {
    return {std::move(name), nullptr,         "bytes",   net::Trend::counter,
            std::int64_t{0}, std::int64_t{1}, per_second};
}

net::ValueChange setting() {
    const net::OptionRow& row = net::Option::find("SO_KEEPALIVE")->row();
    return {"SO_KEEPALIVE", &row, {}, net::Trend::gauge, false, true, {}};
}

std::string line_of(const test_lines& lines, std::uint64_t cookie) {
    for (const std::string& line : lines)
        if (line.find(fmt::format("198.51.100.7:{} ", 10'000 + cookie)) != line.npos)
            return line;
    return {};
}

TEST(WatchScreen, PutsTheMostActiveFirst) {
    WatchScreen screen(1s);
    screen.begin();
    for (std::uint64_t cookie = 1; cookie <= 3; ++cookie)
        screen.appeared(connection(cookie));
    screen.begin();
    screen.changed(connection(2), {counter("TCP_INFO.bytes_sent", 500'000)});
    screen.changed(connection(3), {counter("TCP_INFO.bytes_received", 2048)});
    const auto lines = screen.lines(100, 6, false);
    ASSERT_GE(lines.size(), 5U);
    EXPECT_EQ(lines[0], "3 sockets, every 1s");
    EXPECT_THAT(lines[1], AllOf(StartsWith("  SOCKET "), HasSubstr(" STATE "), HasSubstr("IN/s"),
                                HasSubstr("OUT/s"), HasSubstr("RETR/s"), HasSubstr("PROCESS")));
    EXPECT_THAT(lines[2], AllOf(HasSubstr(":10002 "), HasSubstr("     0 B  488 KiB ")));
    EXPECT_THAT(lines[3], AllOf(HasSubstr(":10003 "), HasSubstr("2.00 KiB      0 B ")));
    EXPECT_THAT(lines[4], HasSubstr(":10001 "));
}

// Rates that differ a little must not make the lines jump.
TEST(WatchScreen, KeepsTheOrderOfSimilarRates) {
    WatchScreen screen(1s);
    screen.begin();
    screen.appeared(connection(1));
    screen.appeared(connection(2));
    for (const double more : {100.0, -100.0, 50.0}) {
        screen.begin();
        screen.changed(connection(1), {counter("TCP_INFO.bytes_sent", 20'000)});
        screen.changed(connection(2), {counter("TCP_INFO.bytes_sent", 20'000 + more)});
        EXPECT_THAT(screen.lines(100, 4, false)[2], HasSubstr(":10001 "));
    }
}

TEST(WatchScreen, ARateIsOfTheLatestReading) {
    WatchScreen screen(1s);
    screen.begin();
    screen.appeared(connection(1));
    screen.begin();
    screen.changed(connection(1), {counter("TCP_INFO.bytes_sent", 1024)});
    EXPECT_THAT(line_of(screen.lines(100, 10, false), 1), HasSubstr(" 1.00 KiB "));
    screen.begin();
    EXPECT_THAT(line_of(screen.lines(100, 10, false), 1), HasSubstr(" 0 B      0 B        0"));
}

TEST(WatchScreen, MarksWhatComesAndGoesAndDropsItLater) {
    WatchScreen screen(1s);
    screen.begin();
    screen.appeared(connection(1));
    EXPECT_THAT(line_of(screen.lines(80, 10, false), 1), StartsWith("  192.")) << "at the start";
    screen.begin();
    screen.appeared(connection(2));
    screen.gone(connection(3), false);
    auto lines = screen.lines(80, 10, false);
    EXPECT_EQ(lines[0], "2 sockets, every 1s  +1  1 short-lived");
    EXPECT_THAT(line_of(lines, 2), StartsWith("+ "));
    EXPECT_THAT(line_of(lines, 3), StartsWith("- "));
    screen.begin();
    screen.gone(connection(1), true);
    lines = screen.lines(80, 10, false);
    EXPECT_EQ(lines[0], "1 socket, every 1s  -1");
    EXPECT_THAT(line_of(lines, 1), StartsWith("- "));
    EXPECT_THAT(line_of(lines, 2), StartsWith("  ")) << "no longer new";
    screen.begin();
    EXPECT_THAT(line_of(screen.lines(80, 10, false), 1), StartsWith("- "));
    screen.begin();
    EXPECT_EQ(line_of(screen.lines(80, 10, false), 3), "");
    screen.begin();
    EXPECT_EQ(line_of(screen.lines(80, 10, false), 1), "");
    EXPECT_NE(line_of(screen.lines(80, 10, false), 2), "");
}

TEST(WatchScreen, FitsEveryTerminal) {
    WatchScreen screen(1s);
    screen.begin();
    for (std::uint64_t cookie = 1; cookie <= 40; ++cookie)
        screen.appeared(connection(cookie));
    screen.begin();
    for (std::uint64_t cookie = 1; cookie <= 40; ++cookie)
        screen.changed(connection(cookie), {counter("TCP_INFO.bytes_sent", 1e9), setting()});
    for (std::size_t columns = 1; columns < 200; ++columns)
        for (const std::size_t rows : {1U, 2U, 3U, 5U, 23U, 60U}) {
            const auto lines = screen.lines(columns, rows, false);
            EXPECT_LE(lines.size(), rows);
            // The two rates are never cut off, which takes 20 columns.
            for (const std::string& line : lines)
                ASSERT_LE(line.size(), std::max<std::size_t>(columns, 20)) << line;
        }
    const auto narrow = screen.lines(39, 23, false);
    EXPECT_THAT(narrow, SizeIs(23));
    EXPECT_THAT(narrow[1], AllOf(StartsWith("  SOCKET"), testing::EndsWith(" IN/s    OUT/s")));
    EXPECT_EQ(narrow[2], "  -> 198.51.100.7:10~      0 B  954 MiB");
    EXPECT_THAT(narrow, Contains(testing::ContainsRegex("^  .+ more *$")));
    EXPECT_THAT(narrow, Contains(HasSubstr("SO_KEEPALIVE: off -> on")));
}

TEST(WatchScreen, OfFewSocketsItShowsEveryChangeSettingsFirst) {
    WatchScreen screen(1s);
    screen.begin();
    screen.appeared(connection(1));
    screen.begin();
    screen.changed(connection(1), {counter("TCP_INFO.segs_in", 2), setting()});
    auto lines = screen.lines(80, 24, false);
    ASSERT_THAT(lines, SizeIs(6));
    EXPECT_EQ(lines[3], "");
    EXPECT_EQ(lines[4], "  SO_KEEPALIVE: off -> on");
    EXPECT_EQ(lines[5], "  TCP_INFO.segs_in: 0 -> 1 bytes (2.0/s)");
    for (int i = 0; i < 5; ++i)
        screen.begin();
    EXPECT_THAT(screen.lines(80, 24, false), SizeIs(3)) << "they are old news";
}

TEST(WatchScreen, OfManySocketsOnlySettingsAreListed) {
    WatchScreen screen(1s);
    screen.begin();
    for (std::uint64_t cookie = 1; cookie <= 20; ++cookie)
        screen.appeared(connection(cookie));
    screen.begin();
    screen.changed(connection(4), {counter("TCP_INFO.segs_in", 2), setting()});
    const auto lines = screen.lines(80, 40, false);
    EXPECT_THAT(lines, Contains("  SO_KEEPALIVE: off -> on  198.51.100.7:10004"));
    EXPECT_THAT(lines, Each(Not(HasSubstr("segs_in"))));
}

TEST(WatchScreen, AFloodOfShortLivedSocketsStaysSmall) {
    WatchScreen screen(1s);
    for (std::uint64_t cookie = 1; cookie <= 5000; ++cookie) {
        if (cookie % 1000 == 1)
            screen.begin();
        screen.gone(connection(cookie), false);
    }
    const auto lines = screen.lines(80, 100, false);
    EXPECT_EQ(lines[0], "0 sockets, every 1s  1000 short-lived");
    EXPECT_LE(lines.size(), 2U + 3 * 8);
}

TEST(WatchScreen, PaintsWhatComesAndGoes) {
    WatchScreen screen(1s);
    screen.begin();
    screen.begin();
    screen.appeared(connection(1));
    screen.gone(connection(2), true);
    const auto lines = screen.lines(80, 10, true);
    EXPECT_THAT(line_of(lines, 1), AllOf(StartsWith("\x1b[32m+ "), testing::EndsWith("\x1b[0m")));
    EXPECT_THAT(line_of(lines, 2), StartsWith("\x1b[31m- "));
}

}  // namespace
}  // namespace sockbox::tools

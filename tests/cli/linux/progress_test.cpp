// Tests of the progress line of long operations, on a pseudoterminal.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <regex>
#include <set>

#include "paths.h"
#include "system/clock.h"
#include "tests/linux/terminal.h"
#include "tests/peer.h"
#include "tests/support.h"
#include "tools/echo/outcome.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

// What a terminal line shows after this has been written to it.
std::string shown(std::string_view written) {
    std::string line;
    std::size_t at = 0;
    for (const char c : written) {
        if (c == '\r') {
            at = 0;
            continue;
        }
        line.resize(std::max(line.size(), at + 1), ' ');
        line[at++] = c;
    }
    return line;
}

TEST(ProgressLine, ShowsLongWorkWithinTheTerminalAndGoesAtItsEnd) {
    auto peer = Peer::stream(echo_all);
    for (const std::uint16_t columns : {std::uint16_t{40}, std::uint16_t{120}}) {
        Terminal terminal(columns);
        Process process({"/bin/sh", "-c",
                         "exec " SOCKBOX_SH_BIN "/echo -i 5ms -t 1h 127.0.0.1 " + peer.port() +
                             " 2>" + terminal.name()});
        std::string written = terminal.read_until(
            [](const std::string& text) { return std::ranges::count(text, '\r') >= 2; });
        const std::string line = shown(written);
        EXPECT_THAT(line, testing::ContainsRegex("^2\\.[0-9]+ s of 1h  [0-9.]+/s  p50 "));
        EXPECT_EQ(line.find("left") != line.npos, columns == 120) << line;
        EXPECT_LT(line.size(), columns);
        process.send_signal(SIGINT);
        EXPECT_THAT(process.wait().out, HasSubstr("echo statistics"));
        written +=
            terminal.read_until([](const std::string& text) { return text.ends_with('\r'); });
        EXPECT_EQ(shown(written).find_first_not_of(' '), std::string::npos) << "it was erased";
    }
}

// A terminal shows Ctrl-C as "^C" where the cursor is.
TEST(ProgressLine, AfterAnInterruptTheSummaryBeginsALine) {
    auto peer = Peer::stream(echo_all);
    Terminal terminal(120);
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_BIN "/echo -i 20ms -c 0 127.0.0.1 " + peer.port() + " >" +
                         terminal.name()});
    std::string text = terminal.read_until(
        [](const std::string& so_far) { return so_far.find("seq=3") != so_far.npos; });
    process.send_signal(SIGINT);
    text += terminal.read_until(
        [](const std::string& rest) { return rest.find("statistics") != rest.npos; });
    EXPECT_THAT(text, HasSubstr("\r\n\r\n--- 127.0.0.1:"));
    process.wait();
}

TEST(ProgressLine, ShowsHowLookupsGoOn) {
    Terminal terminal(120);
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_BIN "/showip --wait 1h --numeric 127.0.0.1 nosuch 2>" +
                         terminal.name()});
    const std::string written = terminal.read_until(
        [](const std::string& text) { return std::ranges::count(text, '\r') >= 2; });
    EXPECT_THAT(shown(written),
                testing::ContainsRegex("^1/2  2\\.[0-9]+ s  0\\.[0-9]/s  p50 .*  p99 "
                                       ".* left"));
    process.send_signal(SIGTERM);
    process.wait();
}

TEST(ProgressLine, ShowsTheLinesOfUdpechoAndNotBetweenItsDiagnostics) {
    auto peer = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        if (text == "last\n")
            (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    const TemporaryFile file("1\n2\n3\n4\n5\nlast\n");
    Terminal terminal(120);
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_BIN "/udpecho -W 500ms 127.0.0.1 " + peer.port() + " <'" +
                         file.path() + "' 2>" + terminal.name()});
    EXPECT_EQ(process.wait().out, "last\n");
    const std::string written = terminal.read_until([](const std::string& text) {
        const std::size_t last = text.find("udpecho: line 5");
        return last != text.npos && (text.ends_with('\n') || text.ends_with('\r'));
    });
    EXPECT_THAT(written, testing::ContainsRegex("\r[2-9][0-9.]* s  [1-5] lines  [0-9.]+/s  "
                                                "[1-5] lost"));
    EXPECT_THAT(written, testing::ContainsRegex(" \rudpecho: line [45]: send to "))
        << "in place of the line";
    EXPECT_EQ(shown(written.substr(written.rfind('\n') + 1)).find_first_not_of(' '),
              std::string::npos)
        << "it was erased";
}

// If the server stalls, the line shows it: the time advances, and what is awaited is named.
TEST(ProgressLine, TicksWhileOneReplyIsAwaited) {
    auto silent = Peer::stream([](net::Socket& socket) {
        while (!receive_some(socket).empty()) {
        }
    });
    auto mute = Peer::datagram([](auto&, auto&, auto&) {});
    const TemporaryFile file("hello\n");
    const std::regex measured("0/5  ([0-9.]+) s  0.0/s  1 pending");
    const std::regex piped("([0-9.]+) s  0 lines  0.0/s  waiting for line 1");
    struct Command {
        std::string words;
        const std::regex& drawn;
        Terminal terminal{120};
        Process process{
            {"/bin/sh", "-c", "exec " SOCKBOX_SH_BIN + words + " 2>" + terminal.name()}};
    };
    Command commands[] = {
        {"/echo -c 5 -i 1h -W 1h 127.0.0.1 " + silent.port(), measured},
        {"/udpecho -c 5 -i 1h -W 1h 127.0.0.1 " + mute.port(), measured},
        {"/udpecho -W 1h 127.0.0.1 " + mute.port() + " <'" + file.path() + "'", piped},
    };
    for (Command& command : commands) {
        std::set<std::string> times;
        const std::string drawn = command.terminal.read_until([&](const std::string& text) {
            for (std::sregex_iterator at(text.begin(), text.end(), command.drawn), end; at != end;
                 ++at)
                times.insert((*at)[1]);
            return times.size() >= 3;
        });
        EXPECT_GE(times.size(), 3U) << command.words << ": " << drawn;
    }
}

TEST(ProgressLine, ShowsWorkThatPrintsNothingUntilItIsDone) {
    if (Process({SOCKBOX_SOURCE_DIR "/tests/with_firewall", "drop", "/bin/true"}).wait().status ==
        77)
        GTEST_SKIP() << "no packet filter here";
    auto mute = Peer::datagram([](auto&, auto&, auto&) {});
    const EchoServer server_tcp;
    const std::string server = "127.0.0.1 " + mute.port();
    struct Command {
        std::string words;
        std::regex drawn;
        Terminal terminal{120};
        Process process{{"/bin/sh", "-c", "exec " + words + " 2>" + terminal.name()}};
    };
    const std::string blocked = SOCKBOX_SH_TESTS "/with_firewall drop " SOCKBOX_SH_BIN
                                                 "/echo --connect-timeout 1h 127.0.0.1 3490";
    Command commands[] = {
        {SOCKBOX_SH_BIN "/udpecho --trace -W 1h " + server,
         std::regex("tracing the route to 127.0.0.1:[0-9]+  ([0-9.]+) s")},
        {SOCKBOX_SH_BIN "/udpecho --mtu -W 1h " + server,
         std::regex("finding the path MTU to 127.0.0.1:[0-9]+  ([0-9.]+) s")},
        {SOCKBOX_SH_BIN "/echo --find-idle 127.0.0.1 " + server_tcp.port(),
         std::regex("finding the idle timeout to 127.0.0.1:[0-9]+  ([0-9.]+)s survived  "
                    "([0-9.]+) s  round 1: at most [0-9]+ s left")},
        {blocked + " hello", std::regex("connecting to 127.0.0.1:3490  ([0-9.]+) s")},
        {blocked + " -c 1", std::regex("connecting to 127.0.0.1:3490  ([0-9.]+) s")},
    };
    for (Command& command : commands) {
        const std::string drawn = command.terminal.read_until(
            [&](const std::string& text) { return std::regex_search(text, command.drawn); });
        EXPECT_TRUE(std::regex_search(drawn, command.drawn)) << command.words << ": " << drawn;
    }
}

// Passes data until a gate is opened, and then all of it up to EOF.
class GatedServer {
  public:
    const Peer& peer() const { return peer_; }
    void open() { gate_.set_value(); }

  private:
    std::promise<void> gate_;
    const Peer peer_ = Peer::stream([this](net::Socket& socket) {
        std::string text = receive_some(socket);
        send_text(socket, text.substr(0, 2048));
        gate_.get_future().wait();
        send_text(socket, text.substr(2048));
        echo_all(socket);
    });
};

TEST(ProgressLine, ShowsDataOnTheirWayAndLeavesThemAlone) {
    const std::string input(4096, 'x');
    const TemporaryFile file(input);
    Terminal terminal(120);
    GatedServer server;
    Process process({"/bin/sh", "-c",
                     "exec " SOCKBOX_SH_BIN "/echo 127.0.0.1 " + server.peer().port() + " <'" +
                         file.path() + "' 2>" + terminal.name()});
    std::string written = terminal.read_until(
        [](const std::string& text) { return std::ranges::count(text, '\r') >= 2; });
    EXPECT_THAT(shown(written),
                testing::MatchesRegex("2\\.00 KiB of 4\\.00 KiB  [0-9.]+ [KMi]*B/s  2\\.[0-9]+ s  "
                                      "[0-9.]+ s left *"));
    server.open();
    const Ran ran = process.wait();
    EXPECT_EQ(ran.out, input);
    EXPECT_EQ(ran.status, tools::exit_ok);
    written += terminal.read_until([](const std::string& text) { return text.ends_with('\r'); });
    EXPECT_EQ(shown(written).find_first_not_of(' '), std::string::npos) << "it was erased";
}

// Data on a terminal shows its own progress, and the line would get in its way.
TEST(ProgressLine, KeepsOutOfDataOnATerminal) {
    const Terminal terminal(120);
    const TemporaryFile file;
    const auto is_drawn = [](const std::string& in, const std::string& out, const std::string& err,
                             bool wanted) {
        const std::array files{::open(in.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC),
                               ::open(out.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC),
                               ::open(err.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC)};
        tools::Output output(files[1], tools::Output::Buffering::none);
        tools::Output diagnostics(files[2], tools::Output::Buffering::none);
        tools::PipeProgress progress({files[0], output, diagnostics}, wanted);
        const bool will_be = progress.look(0) != net::no_deadline;
        for (const int each : files)
            ::close(each);
        return will_be;
    };
    const std::string& screen = terminal.name();
    EXPECT_TRUE(is_drawn(file.path(), file.path(), screen, true));
    EXPECT_FALSE(is_drawn(file.path(), file.path(), screen, false)) << "quiet";
    EXPECT_FALSE(is_drawn(file.path(), screen, screen, true));
    EXPECT_FALSE(is_drawn(screen, file.path(), screen, true));
    EXPECT_FALSE(is_drawn(file.path(), file.path(), file.path(), true));
}

}  // namespace
}  // namespace sockbox::test

// Tests that text suits the terminal that shows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paths.h"
#include "tests/linux/terminal.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a shell command prints on a terminal, without the carriage returns.
std::string shown_by(const std::string& command, std::uint16_t columns) {
    constexpr const char* end = "<end>\r\n";
    Terminal terminal(columns);
    Process process(
        {"/bin/sh", "-c",
         "PATH=" SOCKBOX_SH_BIN ":$PATH; { " + command + "; echo '<end>'; } >" + terminal.name()});
    std::string text =
        terminal.read_until([&](const std::string& so_far) { return so_far.ends_with(end); });
    EXPECT_EQ(process.wait().status, 0);
    EXPECT_THAT(text, testing::EndsWith(end));
    std::erase(text, '\r');
    return text;
}

TEST(TerminalColor, IsUsedUnlessTheTerminalOrTheUserHasNone) {
    const auto has_color = [](const std::string& environment) {
        return shown_by("env -u NO_COLOR " + environment + " showip ::1", 80).find('\x1b') !=
               std::string::npos;
    };
    EXPECT_TRUE(has_color("TERM=xterm"));
    EXPECT_TRUE(has_color("TERM=xterm NO_COLOR="));
    EXPECT_FALSE(has_color("TERM=dumb"));
    EXPECT_FALSE(has_color("TERM=xterm NO_COLOR=1"));
}

// A single word cannot be broken.
void expect_fits(const std::string& text, std::size_t columns) {
    for (const std::string& line : lines(text))
        if (line.find(' ', line.find_first_not_of(' ')) != line.npos) {
            EXPECT_LE(line.size(), columns) << line;
        }
}

TEST(TerminalWidth, TheSummaryOfAMeasurementFits) {
    const EchoServer server;
    for (const std::uint16_t columns : {std::uint16_t{40}, std::uint16_t{80}}) {
        const std::string text =
            shown_by(SOCKBOX_SH_BIN
                         "/echo -v --color never --tcp-info -P 2 -c 120 -i 1ms --assert 'p50<1h' "
                         "127.0.0.1 " +
                         server.port(),
                     columns);
        EXPECT_THAT(text, HasSubstr("\nassert p50<1h: ok"));
        EXPECT_EQ(text.find("\nstddev ") != text.npos, columns == 40) << text;
        expect_fits(text, columns);
    }
}

TEST(TerminalWidth, OptionsAndTheirStoriesFit) {
    for (const char* command :
         {"sockopt --list", "sockopt --explain TCP_INFO so_rcvbuf ip_tos", "sockopt --story",
          "sockopt TCP_INFO SO_RCVBUF=1M", "showip --why localhost", "showip -l ::1"})
        for (const std::uint16_t columns : {std::uint16_t{40}, std::uint16_t{80}})
            expect_fits(shown_by(command, columns), columns);
}

TEST(TerminalWidth, WhatAProgramReadsIsNotBroken) {
    EXPECT_THAT(shown_by("sockopt --json TCP_INFO", 40), Not(HasSubstr("\n    ")));
    EXPECT_THAT(shown_by("sockopt -n TCP_INFO", 40), Not(HasSubstr("\n    ")));
    EXPECT_THAT(shown_by("sockopt --story | cat", 40), Not(HasSubstr("\n    ")));
}

}  // namespace
}  // namespace sockbox::test

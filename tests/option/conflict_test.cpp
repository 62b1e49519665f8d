// Tests of lib/option/conflict.
#include "option/conflict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"
#include "tools/front/command.h"

namespace sockbox::net {
namespace {

bool is_accepted(const std::string& text) {
    const auto setting = parse_setting(text);
    EXPECT_TRUE(setting) << text;
    return setting && check_conflict(*setting);
}

TEST(Conflict, OffIsAlwaysAccepted) {
    int marked = 0;
    for (const OptionRow& row : all_options()) {
        const Option option(row);
        if (row.conflict.empty() || !option.on_this_platform() ||
            row.access != Access::read_write ||
            (row.type != ValueType::flag && row.type != ValueType::integer))
            continue;
        ++marked;
        const std::string name(row.name);
        EXPECT_FALSE(is_accepted(name + "=" + std::to_string(row.conflict_above + 1)));
        EXPECT_TRUE(is_accepted(name + "=" + std::to_string(row.conflict_above)));
    }
    EXPECT_GE(marked, 3);
    EXPECT_TRUE(is_accepted("SO_RCVBUF=20000"));
    EXPECT_FALSE(is_accepted("SO_LINGER=on,0"));
    EXPECT_TRUE(is_accepted("SO_LINGER=on,5"));
    EXPECT_TRUE(is_accepted("SO_LINGER=off"));
}

TEST(Conflict, IsFoundInASocketOfAnotherProgram) {
    auto socket = Socket::open(Family::ipv4, Transport::udp);
    ASSERT_TRUE(socket);
    EXPECT_TRUE(check_conflicts(*socket));
    const auto setting = parse_setting("IP_RECVERR=on");
    ASSERT_TRUE(setting);
    if (!apply(*socket, *setting))
        GTEST_SKIP() << "this system does not have IP_RECVERR";
    const auto found = check_conflicts(*socket);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message(), testing::HasSubstr("IP_RECVERR cannot be used here: "));
}

// In every command that sends or receives messages of its own.
TEST(Conflict, IsAMistakeOnTheCommandLine) {
    const std::pair<tools::Run, test::Words> commands[] = {
        {tools::echod, {"-p", "0"}},
        {tools::udpecho, {"--listen", "-p", "0"}},
        {tools::udpecho, {"127.0.0.1", "9", "hi"}},
        {tools::echo, {"127.0.0.1", "9", "hi"}}};
    for (const auto& [command, words] : commands) {
        test::Words all = words;
        all.insert(all.begin(), {"--set", "SO_RCVLOWAT=2"});
        const auto ran = test::run(command, all);
        EXPECT_EQ(ran.status, tools::exit_usage);
        EXPECT_THAT(ran.err, testing::HasSubstr("--set: SO_RCVLOWAT cannot be used here: a shorter "
                                                "message would never be received"));
    }
}

}  // namespace
}  // namespace sockbox::net

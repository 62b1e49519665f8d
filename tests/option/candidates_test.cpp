// Tests of lib/option/candidates.
#include "option/candidates.h"

#include <gmock/gmock.h>

#include "net/interfaces.h"
#include "option/option.h"
#include "system/host.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const Candidates& candidates) {
    std::vector<std::string> texts;
    for (const Candidate& candidate : candidates)
        texts.push_back(candidate.text);
    return texts;
}

TEST(Candidates, EveryValueIsAccepted) {
    std::size_t values = 0;
    for (const OptionRow& row : all_options()) {
        if (!writable(row) || native_number(row) == absent)
            continue;
        for (const char* typed : {"", "5"})
            for (const Candidate& candidate :
                 setting_candidates(std::string(row.name) + "=" + typed)) {
                const bool may_be_too_large = *typed != '\0';
                const bool is_beginning = candidate.text.ends_with(',');
                EXPECT_TRUE(parse_setting(candidate.text) || may_be_too_large || is_beginning)
                    << candidate.text;
                ++values;
            }
    }
    EXPECT_GT(values, 100U);
}

TEST(Candidates, EverySettableOptionOfThisPlatformIsOffered) {
    const auto offered = texts(setting_candidates(""));
    for (const OptionRow& row : all_options())
        EXPECT_EQ(testing::Value(offered, Contains(std::string(row.name) + "=")),
                  writable(row) && native_number(row) != absent)
            << row.name;
    EXPECT_EQ(option_candidates().size(), all_options().size());
    for (const Candidate& candidate : option_candidates())
        EXPECT_FALSE(candidate.summary.empty()) << candidate.text;
}

TEST(Candidates, ValuesHaveTheNameAsItWasTyped) {
    EXPECT_THAT(texts(setting_candidates("keepalive=o")),
                ElementsAre("keepalive=on", "keepalive=off"));
    EXPECT_THAT(texts(setting_candidates("SO_LINGER=")),
                ElementsAre("SO_LINGER=off", "SO_LINGER=on,0", "SO_LINGER=on,"));
    EXPECT_THAT(texts(setting_candidates("SO_RCVTIMEO=5")), Contains("SO_RCVTIMEO=5ms"));
    EXPECT_THAT(texts(setting_candidates("SO_RCVBUF=5")),
                ElementsAre("SO_RCVBUF=5K", "SO_RCVBUF=5M", "SO_RCVBUF=5G"));
    EXPECT_THAT(setting_candidates("SO_TYPE="), IsEmpty()) << "it cannot be set";
    EXPECT_THAT(setting_candidates("nonsense="), IsEmpty());
}

TEST(Candidates, NamesComeFromTheSystem) {
    const auto available = read_sysctl("net.ipv4.tcp_available_congestion_control");
    if (!available)
        GTEST_SKIP() << "there is no list of congestion control algorithms";
    std::vector<std::string> expected;
    for (const std::string_view name : split(*available, " \n"))
        if (!name.empty())
            expected.push_back("TCP_CONGESTION=" + std::string(name));
    EXPECT_EQ(texts(setting_candidates("TCP_CONGESTION=")), expected);
    for (const std::string& name : interface_names())
        for (const char* option : {"SO_BINDTODEVICE=", "IP_UNICAST_IF="})
            EXPECT_THAT(texts(setting_candidates(option)), Contains(option + name));
    EXPECT_THAT(texts(setting_candidates("SO_TIMESTAMPING=OPT_ID|")),
                Contains("SO_TIMESTAMPING=OPT_ID|SOFTWARE"));
}

}  // namespace
}  // namespace sockbox::net

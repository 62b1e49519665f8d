// Tests of lib/text/units.
#include "text/units.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Units, DurationsTakeEveryUnit) {
    EXPECT_EQ(*parse_duration("1"), 1s);
    EXPECT_EQ(*parse_duration("1.5"), 1500ms);
    EXPECT_EQ(*parse_duration("250ms"), 250ms);
    EXPECT_EQ(*parse_duration("0.5ms"), 500us);
    EXPECT_EQ(*parse_duration("1us"), 1us);
    EXPECT_EQ(*parse_duration("7ns"), 7ns);
    EXPECT_EQ(*parse_duration("2m"), 2min);
    EXPECT_EQ(*parse_duration("0.5h"), 30min);
    EXPECT_EQ(*parse_duration("0"), 0s);
    EXPECT_EQ(*parse_duration("0.000000001"), 1ns);
    EXPECT_EQ(*parse_duration("1.0ns"), 1ns);
    EXPECT_EQ(*parse_duration(".5s"), 500ms);
    EXPECT_EQ(*parse_duration(".25"), 250ms);
}

TEST(Units, InvalidDurationsAreRejectedAndNamed) {
    for (const char* text :
         {"",         "s",     "1ss",         "1 s", " 1",   "1,5s",
          "-1",       "+1",    "inf",         "nan", "1e3",  "1.",
          ".",        "1.s",   "0x1",         "1S",  "1sec", "99999999999999999999s",
          "300000h0", "0.5ns", "9999999999h", ".s",  ".5.5s"}) {
        const auto parsed = parse_duration(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().message().find(std::string("'") + text + "'"), std::string::npos)
            << parsed.error().message();
    }
}

TEST(Units, DurationsPrintWhatTheyParse) {
    for (const char* text : {"0s", "1ns", "250ms", "1.5s", "2m", "1h", "90s", "1500us", "292h",
                             "53600.00003000001h"}) {
        const auto parsed = parse_duration(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(*parse_duration(format_duration(*parsed)), *parsed) << format_duration(*parsed);
    }
    EXPECT_EQ(format_duration(1500ms), "1500ms");
    EXPECT_EQ(format_duration(nanoseconds(1)), "1ns");
}

TEST(Units, Sizes) {
    EXPECT_EQ(*parse_size("0"), 0U);
    EXPECT_EQ(*parse_size("64"), 64U);
    EXPECT_EQ(*parse_size("64K"), 65536U);
    EXPECT_EQ(*parse_size("2G"), 2147483648U);
    EXPECT_EQ(*parse_size("9223372036854775807"), 9223372036854775807U);
    for (const char* text :
         {"", "K", "64KiB", "1T", "-1", "1.5K", "64 K", "9223372036854775808", "9007199254740992M"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Units, Integers) {
    EXPECT_EQ(*parse_integer("007", 0, 10), 7);
    EXPECT_EQ(*parse_integer("-5", -10, 10), -5);
    EXPECT_EQ(*parse_integer("-9223372036854775807", INT64_MIN, INT64_MAX), -INT64_MAX);
    for (const char* text :
         {"", "-", "+1", "-1", "11", "1 ", " 1", "1e1", "0x1", "99999999999999999999"})
        EXPECT_FALSE(parse_integer(text, 0, 10)) << text;
}

TEST(Units, Ports) {
    EXPECT_EQ(*parse_port("0"), 0);
    EXPECT_EQ(*parse_port("65535"), 65535);
    EXPECT_FALSE(parse_port("0", 1));
    for (const char* text : {"", "+80", " 80", "080", "-1", "0x50", "80x", "65536", "70000"})
        EXPECT_FALSE(parse_port(text)) << text;
}

TEST(Units, Percentages) {
    EXPECT_DOUBLE_EQ(*parse_percent("1%"), 0.01);
    EXPECT_DOUBLE_EQ(*parse_percent("0.1"), 0.001);
    EXPECT_DOUBLE_EQ(*parse_percent("100%"), 1);
    EXPECT_DOUBLE_EQ(*parse_percent(".5%"), 0.005);
    EXPECT_DOUBLE_EQ(*parse_percent("0.000000001%"), 1e-11);
    for (const char* text : {"", "%", "101%", "100.1", "-1%", "nan", "inf", "1e1", "1%%", "1 %",
                             "1.", ".", ".%", "1.x", "0.0000000001"})
        EXPECT_FALSE(parse_percent(text)) << text;
}

TEST(Units, SpansAreOneWord) {
    EXPECT_EQ(format_span(7875s), "2h11m15s");
    EXPECT_EQ(format_span(2h), "2h");
    EXPECT_EQ(format_span(3605s), "1h5s");
    EXPECT_EQ(format_span(928'692ms), "15m29s");
    EXPECT_EQ(format_span(59'996ms), "1m");
    EXPECT_EQ(format_span(59'990ms), "59.99s");
    EXPECT_EQ(format_span(25s), "25s");
    EXPECT_EQ(format_span(6528ms), "6.53s");
    EXPECT_EQ(format_span(999'600us), "1s");
    EXPECT_EQ(format_span(408ms), "408ms");
    EXPECT_EQ(format_span(12'345us), "12ms");
    EXPECT_EQ(format_span(250us), "250us");
    EXPECT_EQ(format_span(0s), "0s");
}

TEST(Units, ApproximateFormsKeepThreeDigits) {
    EXPECT_EQ(format_approximately(42100ns), "42.1 us");
    EXPECT_EQ(format_approximately(1500us), "1.50 ms");
    EXPECT_EQ(format_approximately(999ns), "999 ns");
    EXPECT_EQ(format_approximately(9999us), "10.0 ms");
    EXPECT_EQ(format_bytes(512), "512 B");
    EXPECT_EQ(format_bytes(65536), "64.0 KiB");
    EXPECT_EQ(format_bytes(1610612736), "1.50 GiB");
}

}  // namespace
}  // namespace sockbox::net

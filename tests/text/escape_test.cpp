// Tests of escaping in lib/text/text.
#include "text/text.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

TEST(Escape, LeavesPrintableTextAlone) {
    for (const char* text :
         {"", "www.example.com", "b\u00fccher", "\u65e5\u672c", "\U0001f600", " ~"})
        EXPECT_EQ(escape(text), text);
}

TEST(Escape, ControlCharactersBecomeHex) {
    EXPECT_EQ(escape("a\x1b[31mb"), "a\\x1b[31mb");
    EXPECT_EQ(escape("\r\n\t\x7f"), "\\x0d\\x0a\\x09\\x7f");
    EXPECT_EQ(escape(std::string_view("\0", 1)), "\\x00");
    EXPECT_EQ(escape("\xc2\x9b"), "\\xc2\\x9b");  // CSI as a C1 control
}

TEST(Escape, InvalidUtf8BecomesHexByteByByte) {
    EXPECT_EQ(escape("\xff\xfe"), "\\xff\\xfe");
    EXPECT_EQ(escape("\x9b"), "\\x9b");
    EXPECT_EQ(escape("\xc0\xaf"), "\\xc0\\xaf");                    // overlong '/'
    EXPECT_EQ(escape("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong in three
    EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(escape("\xe2\x82"), "\\xe2\\x82");                    // cut short
    EXPECT_EQ(escape("\xc3x"), "\\xc3x");
    EXPECT_EQ(escape("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
}

TEST(Escape, DirectionMarksAndLineSeparatorsBecomeHex) {
    for (const char* text :
         {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"})
        EXPECT_EQ(escape(text).substr(0, 2), "\\x") << escape(text);
    EXPECT_EQ(escape("\u2027"), "\u2027");
    EXPECT_EQ(escape("\u206a"), "\u206a");
}

TEST(Escape, PrintableLeavesBackslashesOnly) {
    EXPECT_EQ(printable("a\\x1b \x1b\n\u202e\xff"), "a\\x1b \\x1b\\x0a\\xe2\\x80\\xae\\xff");
    EXPECT_EQ(printable(escape("\x1b\\")), escape("\x1b\\"));
}

TEST(Escape, ReadsBackUnambiguously) {
    EXPECT_EQ(escape("\\x1b"), "\\\\x1b");
    EXPECT_NE(escape("\\x1b"), escape("\x1b"));
}

TEST(Wrapped, LongLinesContinueIndented) {
    EXPECT_EQ(wrapped("one two three four five\nsix\n", 13), "one two three\n    four five\nsix\n");
    EXPECT_EQ(wrapped("", 10), "");
    EXPECT_EQ(wrapped("a b", 80), "a b") << "without a newline";
}

TEST(Wrapped, WordsStayWhole) {
    EXPECT_EQ(wrapped("a incomprehensible b\n", 10), "a\n    incomprehensible\n    b\n");
}

TEST(Wrapped, BlanksInALineThatFitsStay) {
    EXPECT_EQ(wrapped("  a   b  \n\n", 10), "  a   b  \n\n");
}

TEST(Wrapped, CharactersCountNotBytesNorColours) {
    EXPECT_EQ(wrapped("\u00fc\u00fc\u00fc \x1b[31mred\x1b[0m\n", 7),
              "\u00fc\u00fc\u00fc \x1b[31mred\x1b[0m\n");
}

}  // namespace
}  // namespace sockbox::net

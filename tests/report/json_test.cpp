// Tests of lib/report/json.
#include "report/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sockbox::report {
namespace {

TEST(Json, ValuesOfEveryKind) {
    Json list = Json::array();
    list.push(nullptr).push(true).push(-1).push(18446744073709551615ULL).push(0.5).push("text");
    list.push(Json::object()).push(Json::array());
    EXPECT_EQ(list.to_string(), R"([null,true,-1,18446744073709551615,0.5,"text",{},[]])");
}

TEST(Json, NumbersThatJsonCannotRepresentAreNull) {
    Json list = Json::array();
    list.push(std::nan("")).push(std::numeric_limits<double>::infinity()).push(-0.0);
    list.push(std::optional<int>()).push(std::optional<int>(3));
    EXPECT_EQ(list.to_string(), "[null,null,0.0,null,3]");
}

TEST(Json, MembersKeepTheirOrderAndTheirPlace) {
    Json object = event("showip", "result");
    object.set("z", 1).set("a", 2).set("z", 3);
    EXPECT_EQ(object.to_string(), R"({"tool":"showip","event":"result","z":3,"a":2})");
}

TEST(Json, CopiesAreIndependent) {
    Json one = Json::object();
    one.set("a", 1);
    Json two = one;
    two.set("a", 2);
    EXPECT_EQ(one.to_string(), R"({"a":1})");
    one = std::move(two);
    EXPECT_EQ(one.to_string(), R"({"a":2})");
}

TEST(Json, TextIsOneLineOfValidUtf8) {
    EXPECT_EQ(Json("a\n\"\\\x1b").to_string(), R"("a\n\"\\\u001b")");
    EXPECT_EQ(Json("b\u00fccher").to_string(), "\"b\u00fccher\"");
    EXPECT_EQ(Json("\xff\xc0\xaf").to_string(), R"("\\xff\\xc0\\xaf")");
    EXPECT_EQ(Json("\xed\xa0\x80").to_string(), R"("\\xed\\xa0\\x80")");
    EXPECT_EQ(Json("\xe2\x82").to_string(), R"("\\xe2\\x82")");
    EXPECT_EQ(Json("\x80").to_string(), R"("\\x80")");
    EXPECT_EQ(Json(std::string_view("\0", 1)).to_string(), R"("\u0000")");
}

TEST(Json, NothingInATextCommandsATerminal) {
    EXPECT_EQ(Json("\x7f").to_string(), R"("\u007f")");
    EXPECT_EQ(Json("\xc2\x9b"
                   "31m")
                  .to_string(),
              R"("\u009b31m")");
    EXPECT_EQ(Json("\xc2\xa0").to_string(), "\"\xc2\xa0\"");
    EXPECT_EQ(Json("\u061c\u200e\u200f\u202a\u202e\u2066\u2069").to_string(),
              R"("\u061c\u200e\u200f\u202a\u202e\u2066\u2069")");
    EXPECT_EQ(Json("\u2028\u2029").to_string(), R"("\u2028\u2029")");
    EXPECT_EQ(Json("\u65e5\U0001f600\u07bf").to_string(), "\"\u65e5\U0001f600\u07bf\"");
    Json named = Json::object();
    named.set("\xc2\x85", 1);
    EXPECT_EQ(named.to_string(), R"({"\u0085":1})");
}

}  // namespace
}  // namespace sockbox::report

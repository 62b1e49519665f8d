// Tests of lib/system/result and its error codes.
#include "system/result.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/platform.h"
#include "system/resolver_error.h"

namespace sockbox::net {
namespace {

TEST(Error, NamesTheActionTheAddressAndTheReason) {
    const std::error_code code = platform::error_of(std::errc::address_in_use);
    const Error error{code, "bind", "[::]:3490", {}, {}};
    EXPECT_EQ(error.message(),
              fmt::format("bind [::]:3490: Address already in use ({})", symbol(code)));
    EXPECT_TRUE(symbol(code).ends_with("EADDRINUSE"));  // WSAEADDRINUSE on Windows
}

TEST(Error, OwnWordsStandInPlaceOfTheSystems) {
    const std::error_code code = platform::error_of(std::errc::invalid_argument);
    const Error error{code, "connect", {}, "needs a zone", {}};
    EXPECT_EQ(error.message(), fmt::format("connect: needs a zone ({})", symbol(code)));
}

TEST(Error, ConditionsFoundWithoutACallHaveSymbolsToo) {
    const std::error_code code = platform::error_of(std::errc::timed_out);
    EXPECT_EQ(code, std::errc::timed_out);
    EXPECT_FALSE(symbol(code).empty());
    const Error late{code, "connect", "192.0.2.1:80", {}, {}};
    EXPECT_NE(late.message().find(fmt::format(" ({})", symbol(code))), std::string::npos)
        << late.message();
}

TEST(Error, AMistakeInATextHasNoSymbol) {
    const Status mistake = fail_text("'1ss' is not a duration");
    EXPECT_EQ(mistake.error().message(), "'1ss' is not a duration");
    EXPECT_EQ(mistake.error().code, std::errc::invalid_argument);
}

TEST(Error, EmptyPartsLeaveNoTrace) {
    EXPECT_EQ(Error().message(), "");
    EXPECT_EQ((Error{{}, "listen", {}, {}, {}}).message(), "listen");
    EXPECT_EQ((Error{{}, {}, "host", "gone", {}}).message(), "host: gone");
}

TEST(Error, TheReasonStandsAlone) {
    const std::error_code code = platform::error_of(std::errc::timed_out);
    EXPECT_EQ((Error{code, "connect", "192.0.2.1:80", {}, {}}).reason(), code.message());
    EXPECT_EQ((Error{code, "connect", {}, "no answer", {}}).reason(), "no answer");
    EXPECT_EQ(Error().reason(), "");
}

TEST(Error, KindsCoverTheCodesOfTheirKindAlone) {
    const auto code = [](std::errc condition) { return platform::error_of(condition); };
    EXPECT_TRUE(no_descriptor_left(code(std::errc::too_many_files_open)));
    EXPECT_FALSE(no_descriptor_left(code(std::errc::not_enough_memory)));
    EXPECT_TRUE(no_resources_left(code(std::errc::too_many_files_open)));
    EXPECT_TRUE(no_resources_left(code(std::errc::not_enough_memory)));
    EXPECT_FALSE(no_resources_left(code(std::errc::permission_denied)));
    EXPECT_TRUE(is_not_permitted(code(std::errc::permission_denied)));
    EXPECT_FALSE(is_not_permitted({}));
}

TEST(ResolverCodes, HaveSymbolsAndWords) {
    const std::error_code code(EAI_NONAME, resolver_category());
    EXPECT_EQ(symbol(code), "EAI_NONAME");
    EXPECT_FALSE(code.message().empty());
    EXPECT_EQ(resolver_symbol(-12345), "");
    EXPECT_EQ(symbol(std::error_code(-12345, resolver_category())), "");
}

}  // namespace
}  // namespace sockbox::net

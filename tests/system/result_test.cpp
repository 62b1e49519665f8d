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

TEST(ResolverCodes, HaveSymbolsAndWords) {
    const std::error_code code(EAI_NONAME, resolver_category());
    EXPECT_EQ(symbol(code), "EAI_NONAME");
    EXPECT_FALSE(code.message().empty());
    EXPECT_EQ(resolver_symbol(-12345), "");
    EXPECT_EQ(symbol(std::error_code(-12345, resolver_category())), "");
}

}  // namespace
}  // namespace sockbox::net

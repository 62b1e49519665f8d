// Tests for hints: their text, and that the table has each of them once.
#include "system/hint.h"

#include <gmock/gmock.h>

#include <map>

namespace sockbox::net {
namespace {

TEST(Hints, HaveTheValuesInPlaceOfTheGaps) {
    EXPECT_EQ(hint(Hint::only_root), "only root can switch to another user");
    EXPECT_EQ(hint(Hint::no_zone, {"fe80::1"}),
              "a link-local address needs a zone, such as fe80::1%eth0");
    EXPECT_EQ(hint(Hint::raise_limit, {"net.core.rmem_max", "8192"}),
              "sysctl -w net.core.rmem_max=8192");
    EXPECT_EQ(hint(Hint::family_requested, {"a...b", "IPv4", "IPv6"}),
              "a...b has only IPv4 addresses, but IPv6 was requested");
}

TEST(Hints, MissingAndSurplusValuesDoNoHarm) {
    EXPECT_EQ(hint(Hint::raise_limit, {"net.core.rmem_max"}), "sysctl -w net.core.rmem_max=...");
    EXPECT_EQ(hint(Hint::only_root, {"nobody"}), "only root can switch to another user");
    EXPECT_EQ(hint(Hint::none, {"nothing"}), "");
}

TEST(Hints, TableHasEachOnce) {
    std::map<Hint, int> rows;
    for (const HintGroup& group : hint_groups())
        for (const HintRow& row : group.rows) {
            ++rows[row.hint];
            EXPECT_NE(row.failure, "");
            EXPECT_NE(row.text, "");
        }
    constexpr Hint last = Hint::old_kernel;
    for (int i = 1; i <= static_cast<int>(last); ++i)
        EXPECT_EQ(rows[static_cast<Hint>(i)], 1) << i;
}

}  // namespace
}  // namespace sockbox::net

// Tests of reading and writing classic BPF programs.
#include "option/packet_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string_view text) {
    return disassemble(parse_filter(text).value());
}

// The output of tcpdump -ddd for "ip and tcp[13] & 2 != 0", and of -d for the same.
TEST(PacketFilter, ReadsAsTcpdumpWritesIt) {
    EXPECT_THAT(lines_of("10,40 0 0 12,21 0 7 2048,48 0 0 23,21 0 5 6,40 0 0 20,69 3 0 8191,"
                         "177 0 0 14,80 0 0 27,69 0 1 2,6 0 0 262144"),
                ElementsAre("ldh [12]", "jeq #0x800 jt 2 jf 9", "ldb [23]", "jeq #0x6 jt 4 jf 9",
                            "ldh [20]", "jset #0x1fff jt 9 jf 6", "ldxb 4*([14]&0xf)",
                            "ldb [x + 27]", "jset #0x2 jt 9 jf 10", "ret #262144"));
}

TEST(PacketFilter, KnowsEveryClassOfInstructions) {
    EXPECT_THAT(lines_of("11,0 0 0 1,128 0 0 0,96 0 0 3,2 0 0 1,3 0 0 1,12 0 0 0,84 0 0 15,"
                         "132 0 0 0,5 0 0 0,7 0 0 0,135 0 0 0"),
                ElementsAre("ld #0x1", "ld #pktlen", "ld M[3]", "st M[1]", "stx M[1]", "add x",
                            "and #0xf", "neg", "ja 9", "tax", "txa"));
    EXPECT_THAT(lines_of("4,32 0 0 4294963236,22 0 0 0,14 0 0 0,244 0 0 0"),
                ElementsAre("ld #cpu", "ret a", "ret x", ".word 0xf4 0 0 0x0"));
}

TEST(PacketFilter, IsWrittenInThreeForms) {
    EXPECT_TRUE(parse_filter("none")->empty());
    EXPECT_EQ(parse_filter("1,6 0 0 1").value(), parse_filter("1,6 0 0 1,").value());
    EXPECT_EQ(parse_filter("0x0600000001000000").value(), parse_filter("1,6 0 0 1").value());
}

TEST(PacketFilter, RefusesWhatIsNoProgram) {
    for (const char* text :
         {"", "0", "1", "2,6 0 0 1", "1,6 0 0", "1,6 0 0 1,6 0 0 1", "1,65536 0 0 1", "1,6 256 0 1",
          "1,6 0 0 4294967296", "1,6 0 0 -1", "0x", "0x06", "ip", "4097,6 0 0 1"})
        EXPECT_FALSE(parse_filter(text)) << text;
}

}  // namespace
}  // namespace sockbox::net

// Tests that the commands' standard streams are binary on every system.
#include <gtest/gtest.h>

#include "tests/support.h"

namespace sockbox::test {
namespace {

// Bytes that text modes would change or stop at: both kinds of line endings, Ctrl-Z, NUL, 0xff, and
// a missing final newline.
std::string every_byte() {
    std::string all = "\r\n\n\r\r\n\x1a";
    for (int round = 0; round < 3; ++round)
        for (int value = 0; value < 256; ++value)
            all += static_cast<char>(value);
    return all + "\x1a\r\n\x1a";
}

TEST(Streams, PipesCarryEveryByteUnchanged) {
    EchoServer server;
    Process client({"echo", "127.0.0.1", server.port()});
    client.write_input(every_byte());
    const Ran ran = client.wait();
    EXPECT_EQ(ran.out, every_byte());
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.status, 0);
}

TEST(Streams, FilesCarryAHundredMegabytesUnchanged) {
#ifdef SOCKBOX_SANITIZED
    constexpr std::size_t size = 10 << 20;
#else
    constexpr std::size_t size = 100 << 20;
#endif
    EchoServer server;
    std::string input;
    for (unsigned state = 1; input.size() < size; state = state * 1664525 + 1013904223)
        input.append({static_cast<char>(state >> 24), static_cast<char>(state >> 16)});
    const Ran ran = run(tools::echo, {"127.0.0.1", server.port()}, input);
    EXPECT_TRUE(ran.out == input) << ran.out.size() << " of " << input.size();
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.status, 0);
}

}  // namespace
}  // namespace sockbox::test

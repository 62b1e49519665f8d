// Tests of the command line of --source-port, which both clients have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/streams.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::echo;
using tools::udpecho;

TEST(SourcePortOption, DatagramsComeFromIt) {
    net::Endpoint from;
    const auto peer = Peer::datagram([&](auto& socket, auto& text, auto& source) {
        from = source;
        (void)socket.send_to(std::as_bytes(std::span(text)), source);
    });
    auto free = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    const std::uint16_t port = free->local()->port();
    free->close();
    const Ran ran =
        run(udpecho, {"--source-port", std::to_string(port), "127.0.0.1", peer.port(), "hello"});
    EXPECT_EQ(ran.out, "hello\n") << ran.err;
    EXPECT_EQ(from.port(), port);
}

TEST(SourcePortOption, MistakesAreUsageErrors) {
    const auto expect_refused = [](tools::Run command, Words words, const std::string& why) {
        words.insert(words.end(), {"127.0.0.1", "9"});
        const Ran ran = run(command, words);
        EXPECT_EQ(ran.status, tools::exit_usage) << why << ran.err;
        EXPECT_THAT(ran.err, HasSubstr(why));
    };
    for (const tools::Run command : {echo, udpecho}) {
        for (const char* wrong : {"0", "65536", "x", "1-", "-1", "1-x", "0-3", "1-2-3", "1--3"})
            expect_refused(command, {"--source-port", wrong}, "--source-port: '");
        expect_refused(command, {"--source-port", "9-7"}, "--source-port: '9-7' is empty");
        expect_refused(command, {"--source-port", "1000-2024"},
                       "--source-port: '1000-2024' has 1025 ports, more than 1024");
        expect_refused(command, {"--source-port", "1000-1001"},
                       "a range of --source-port needs one of -c -t --rate");
        expect_refused(command, {"--source-port", "1000-1001", "-P", "2"},
                       "--source-port and --connections are mutually exclusive");
        expect_refused(command, {"--source-port", "1000", "-c", "1", "--target", "localhost:9"},
                       "--source-port supports only one server");
    }
    expect_refused(echo, {"--source-port", "1000", "--reconnect", "-c", "1"},
                   "--reconnect and --source-port are mutually exclusive");
    expect_refused(echo, {"--source-port", "1000", "--find-idle"},
                   "--find-idle and --source-port are mutually exclusive");
    expect_refused(udpecho, {"--source-port", "1000", "--trace"},
                   "--trace and --source-port are mutually exclusive");
    EXPECT_EQ(run(udpecho, {"--listen", "--source-port", "1000"}).status, tools::exit_usage);
}

}  // namespace
}  // namespace sockbox::test

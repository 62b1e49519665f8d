// Tests of echo and udpecho with --targets and --skip-self when there is nothing to measure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/peer.h"
#include "tests/support.h"
#include "text/text.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

class Targets : public testing::TestWithParam<const char*> {
  protected:
    static Ran measure(Words words) {
        words.insert(words.begin(), {"-c", "1"});
        return run(is_echo() ? tools::echo : tools::udpecho, words);
    }
    // The port of a server for either client.
    std::string serve() {
        if (is_echo())
            peer_.reset(new Peer(Peer::stream(echo_all)));
        else
            peer_.reset(
                new Peer(Peer::datagram([](auto& socket, const auto& text, const auto& from) {
                    (void)socket.send_to(std::as_bytes(std::span(text)), from);
                })));
        return peer_->port();
    }

  private:
    static bool is_echo() { return GetParam() == std::string_view("echo"); }

    std::unique_ptr<Peer> peer_;
};

TEST_P(Targets, AListWithoutServersIsAFailure) {
    for (const char* content : {"[]", "# nothing yet\n\n"}) {
        const TemporaryFile file(content);
        const Ran ran = measure({"--targets", file.path(), "--assert", "loss<1%"});
        EXPECT_EQ(ran.status, tools::exit_mismatch);
        ASSERT_EQ(lines(ran.err).size(), 1U) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("read " + net::escape(file.path()) +
                                       ": the file lists no server to measure\n"));
        const Ran json = measure({"--json", "--targets", file.path()});
        EXPECT_EQ(json.status, tools::exit_mismatch);
        ASSERT_EQ(lines(json.out).size(), 1U) << json.out;
        EXPECT_THAT(json.out, HasSubstr(R"("event":"result")"));
        EXPECT_THAT(json.out, HasSubstr(R"("error":{"symbol":null,)"));
    }
}

TEST_P(Targets, AServerOnTheCommandLineIsEnough) {
    const TemporaryFile file("[]");
    const Ran ran = measure({"-q", "--targets", file.path(), "127.0.0.1", serve()});
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST_P(Targets, WithoutAServerThatIsNotThisHostAssertionsFail) {
    const std::string port = serve();
    const Ran plain = measure({"--json", "--skip-self", "127.0.0.1", port});
    EXPECT_EQ(plain.status, tools::exit_ok) << plain.err;
    EXPECT_EQ(plain.out, "");
    const Ran judged = measure({"--json", "--skip-self", "--assert", "loss<1%", "127.0.0.1", port});
    EXPECT_EQ(judged.status, tools::exit_mismatch);
    EXPECT_THAT(judged.err, HasSubstr(": left out, because it is this host\n"));
    EXPECT_THAT(judged.err,
                HasSubstr(": --skip-self left no server, so that every assertion fails\n"));
    ASSERT_EQ(lines(judged.out).size(), 1U) << judged.out;
    EXPECT_THAT(judged.out, HasSubstr(R"("error":{"symbol":null,)"));
}

INSTANTIATE_TEST_SUITE_P(Clients, Targets, testing::Values("echo", "udpecho"),
                         [](const auto& client) { return std::string(client.param); });

}  // namespace
}  // namespace sockbox::test

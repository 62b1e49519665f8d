// Tests of udpecho beside devices that lose or change the flow of its datagrams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/streams.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tools::udpecho;

// Echoes the first five datagrams, and then only what comes from another port than they, like a NAT
// that has forgotten a flow.
class Forgetful {
  public:
    std::string port() const { return peer_.port(); }

  private:
    void serve(net::Socket& socket, const std::string& text, const net::Endpoint& from) {
        if (!first_)
            first_ = from;
        if (from == *first_ && ++of_first_ > 5)
            return;
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    }

    std::optional<net::Endpoint> first_;
    int of_first_ = 0;
    Peer peer_ = Peer::datagram(
        [this](auto& socket, const auto& text, const auto& from) { serve(socket, text, from); });
};

// The number of a member of a JSON object.
long member(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\":";
    const std::size_t at = json.rfind(key);
    return at == json.npos ? -1 : std::stol(json.substr(at + key.size()));
}

TEST(UdpEchoFlow, SendsFromAnotherPortAfterARunOfLosses) {
    for (const Words& pace : {Words{"-i", "20ms"}, Words{"--rate", "50"}}) {
        const Forgetful server;
        Words words{"--json", "-q", "-c", "150", "-W", "100ms", "127.0.0.1", server.port()};
        words.insert(words.begin(), pace.begin(), pace.end());
        const Ran ran = run(udpecho, words);
        EXPECT_EQ(member(ran.out, "sent"), 150) << ran.out;
        EXPECT_GT(member(ran.out, "received"), 5) << ran.out;
        EXPECT_GE(member(ran.out, "lost"), 3) << ran.out;
    }
}

TEST(UdpEchoFlow, SendsALineFromAnotherPortAfterARunOfLosses) {
    const Forgetful server;
    std::string input;
    for (int line = 1; line <= 12; ++line)
        input += "line " + std::to_string(line) + '\n';
    const Ran ran = run(udpecho, {"-W", "1s", "127.0.0.1", server.port()}, input);
    EXPECT_EQ(lines(ran.out).size(), 9U) << ran.out << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("line 5\nline 9\n"), testing::EndsWith("line 12\n")));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(UdpEchoFlow, AReplyFromAnotherPortIsReportedAndCountedApart) {
    net::Socket other = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    const std::string from = other.local()->to_string();
    const auto server = Peer::datagram([&](auto&, const auto& text, const auto& source) {
        (void)other.send_to(std::as_bytes(std::span(text)), source);
    });
    const Ran json =
        run(udpecho, {"--json", "-q", "-c", "3", "-i", "0", "127.0.0.1", server.port()});
    EXPECT_THAT(json.out,
                AllOf(HasSubstr(R"("sent":3,"received":0,"lost":3,"pending":0)"),
                      HasSubstr(R"("misdirected":3,)"), HasSubstr(R"("lost_on_path":0,)")));
    const Ran said = run(udpecho, {"127.0.0.1", server.port(), "hello"});
    EXPECT_EQ(said.err, "udpecho: receive from 127.0.0.1:" + server.port() +
                            ": reply from unexpected address " + from + '\n');
    EXPECT_EQ(said.status, tools::exit_mismatch);
}

}  // namespace
}  // namespace sockbox::test

// Tests of udpecho --stamp: against itself, and against another implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using tools::udpecho;

constexpr int no_scapy = 77;
const Words scapy{"/usr/bin/python3", SOCKBOX_SOURCE_DIR "/tests/stamp_by_scapy.py"};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// A reflector of ours on a free port of 127.0.0.1.
class Reflector {
  public:
    explicit Reflector(const Words& options = {})
        : process_(
              with({"udpecho", "--listen", "--stamp", "-p", "0", "-b", "127.0.0.1"}, options)) {
        const std::string line = process_.read_line();  // "listening on 127.0.0.1:862 (udp)"
        const std::string address = line.substr(0, line.find(" ("));
        port_ = address.substr(address.rfind(':') + 1);
    }
    const std::string& port() const { return port_; }

  private:
    Process process_;
    std::string port_;
};

TEST(UdpEchoStamp, BothWaysAreToldApart) {
    const Reflector reflector({"--stateful"});
    const Ran ran = run(udpecho, {"--stamp", "--json", "-q", "-c", "20", "-i", "1ms", "127.0.0.1",
                                  reflector.port(), "--stateful"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20,"lost":0,"pending":0)")) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("sent_bytes":880,"received_bytes":880)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("forward":{"lost":0,"delay":{"min_ns":)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("backward":{"lost":0,"delay":{"min_ns":)"));
    EXPECT_THAT(ran.out, ContainsRegex(R"("clock_error_ns":[1-9])"));
    EXPECT_EQ(ran.status, tools::exit_ok);
    const Ran text =
        run(udpecho, {"--stamp", "-c", "2", "-i", "1ms", "127.0.0.1", reflector.port()});
    EXPECT_THAT(text.out, AllOf(HasSubstr("forward: an unknown number lost, delay min/mean/max"),
                                HasSubstr("delays of one way may be wrong by ")));
}

TEST(UdpEchoStamp, PaddingServiceClassAndFormats) {
    const Reflector reflector({"--stamp-format", "ptp"});
    const Words words{"--stamp",   "--json",        "-q", "-c", "3", "-i", "0",
                      "127.0.0.1", reflector.port()};
    const Ran padded = run(udpecho, with(words, {"-s", "1000"}));
    EXPECT_THAT(padded.out, HasSubstr(R"("received":3,"lost":0)")) << padded.err;
    EXPECT_THAT(padded.out, HasSubstr(R"("corrupted":0,"foreign":0)"));
    EXPECT_THAT(padded.out, HasSubstr(R"("received_bytes":3000)"));
    const Ran marked = run(udpecho, with(words, {"--dscp", "46", "--stamp-format", "ptp"}));
    EXPECT_THAT(marked.out, HasSubstr(R"("dscp_there":46)")) << marked.err;
    EXPECT_THAT(marked.out, HasSubstr(R"("received_bytes":156)"));
    for (const char* size : {"0", "43", "45", "47"})
        EXPECT_EQ(run(udpecho, with(words, {"-s", size})).status, tools::exit_usage) << size;
    EXPECT_EQ(run(udpecho, {"--stateful", "127.0.0.1", "7"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {"--stamp", "--warmup", "1s", "127.0.0.1"}).status, tools::exit_usage);
}

// The round trip is the same, whoever measures it: within the noise of this machine.
TEST(UdpEchoStamp, AgreesWithTheEcho) {
    const Reflector reflector;
    Process server({"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1"});
    const std::string line = server.read_line();
    const std::string address = line.substr(0, line.find(" ("));
    const auto median = [](const Words& words) {
        const Ran ran = run(udpecho, with({"--json", "-q", "-c", "200", "-i", "0"}, words));
        const std::size_t at = ran.out.find(R"("p50_ns":)");
        EXPECT_NE(at, ran.out.npos) << ran.out;
        return std::stod(ran.out.substr(at + 9));
    };
    const double echo = median({"127.0.0.1", address.substr(address.rfind(':') + 1)});
    const double stamp = median({"--stamp", "127.0.0.1", reflector.port()});
    EXPECT_LT(std::max(echo, stamp) / std::min(echo, stamp), 20) << echo << " and " << stamp;
}

TEST(UdpEchoStamp, AnotherSenderIsAnsweredRight) {
    for (const Words& state : {Words{}, Words{"--stateful"}}) {
        const Reflector reflector(state);
        Words words = with(scapy, {"send", reflector.port()});
        if (!state.empty())
            words.emplace_back("stateful");
        Process sender(words);
        const Ran ran = sender.wait();
        if (ran.status == no_scapy)
            GTEST_SKIP() << "no scapy here";
        EXPECT_EQ(ran.out, "good\n") << ran.err;
    }
}

TEST(UdpEchoStamp, AnotherReflectorUnderstandsUs) {
    Process probe({"/usr/bin/python3", "-c", "import scapy.contrib.stamp"});
    if (probe.wait().status != 0)
        GTEST_SKIP() << "no scapy here";
    Process reflector(with(scapy, {"reflect"}));
    const std::string port = reflector.read_line();
    const Ran ran =
        run(udpecho, {"--stamp", "--json", "-q", "-c", "5", "-i", "1ms", "127.0.0.1", port});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":5,"received":5,"lost":0)")) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":0,"foreign":0)"));
    EXPECT_EQ(reflector.wait().out, "") << "what it found wrong";
}

}  // namespace
}  // namespace sockbox::test

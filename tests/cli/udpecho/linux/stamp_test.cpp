// Tests of udpecho --stamp against itself and another implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "paths.h"
#include "system/clock.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using tools::udpecho;

constexpr int no_scapy = 77;
constexpr const char* python = "/usr/bin/python3";
const Words scapy{python, SOCKBOX_SOURCE_DIR "/tests/stamp_by_scapy.py"};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// Our own reflector.
class Reflector : public UdpServer {
  public:
    explicit Reflector(const Words& options = {}) : UdpServer(with({"--stamp"}, options)) {}
};

TEST(UdpEchoStamp, BothDirectionsAreShown) {
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
    EXPECT_THAT(text.out, AllOf(ContainsRegex("\nforward +-?[0-9.]+ "),
                                HasSubstr("\nforward: 0 lost, variation "),
                                HasSubstr("one-way delays may be wrong by ")));
}

// A reflector of TWAMP Light: it answers with the base fields, in this many bytes.
Peer light_reflector(std::size_t bytes) {
    return Peer::datagram(
        [bytes](net::Socket& socket, const std::string& question, const net::Endpoint& from) {
            std::string answer(std::max<std::size_t>(bytes, 44), '\0');
            answer.replace(0, 14, question, 0, 14);   // sequence number, time and error estimate
            answer.replace(16, 8, question, 4, 8);    // the time of arrival
            answer.replace(24, 14, question, 0, 14);  // the question
            answer.resize(bytes);
            (void)socket.send_to(std::as_bytes(std::span(answer)), from);
        });
}

TEST(UdpEchoStamp, AnswersOfOtherLengthsAreAcceptedWithANote) {
    for (const std::size_t bytes : {41U, 44U, 138U, 1400U}) {
        auto peer = light_reflector(bytes);
        const Words words{"--stamp", "-c", "3", "-i", "1ms", "127.0.0.1", peer.port()};
        const Ran ran = run(udpecho, with(words, {"--json", "-q"}));
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":3,"lost":0)")) << bytes << ran.out;
        EXPECT_THAT(ran.out, HasSubstr(bytes == 44 ? R"("replies_of_other_length":0)"
                                                   : R"("replies_of_other_length":3)"));
        EXPECT_EQ(ran.status, tools::exit_ok);
        const Ran text = run(udpecho, words);
        EXPECT_EQ(text.out.find(fmt::format("note: 3 replies were {} bytes long", bytes)) !=
                      text.out.npos,
                  bytes != 44)
            << text.out;
    }
}

TEST(UdpEchoStamp, AnswersThatAreTooShortAreNamed) {
    for (const std::size_t bytes : {0U, 1U, 37U, 38U, 40U}) {
        auto peer = light_reflector(bytes);
        const Ran ran = run(udpecho, {"--stamp", "-c", "1", "-W", "1s", "127.0.0.1", peer.port()});
        EXPECT_THAT(ran.out, HasSubstr("1 sent, 0 received, 1 lost (100%), 1 corrupted\n"));
        EXPECT_THAT(ran.out,
                    HasSubstr(fmt::format("error: receive: a reply of {} byte{} is too short for "
                                          "STAMP, which takes 41 or more (1 time)\n",
                                          bytes, bytes == 1 ? "" : "s")));
        EXPECT_EQ(ran.status, tools::exit_mismatch);
    }
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

// Both one-way delays and the reflector's processing time add up to the round trip.
TEST(UdpEchoStamp, BothDirectionsAddUpToTheRoundTrip) {
    const Reflector reflector;
    for (const char* format : {"ntp", "ptp"}) {
        const Ran ran =
            run(udpecho, {"--stamp", "--json", "-q", "-c", "50", "-i", "1ms", "--stamp-format",
                          format, "--timestamps", "kernel", "127.0.0.1", reflector.port()});
        const double sum = number_in(ran.out, "mean_ns", "forward") +
                           number_in(ran.out, "mean_ns", "backward") +
                           number_in(ran.out, "mean_ns", "processing");
        EXPECT_NEAR(sum, number_in(ran.out, "mean_ns", "rtt"), 1000) << ran.out;
    }
}

// Binds everything started during its lifetime to one processor: between two of them a datagram
// takes twice as long, and which servers share one is a matter of luck.
class OneProcessor {
  public:
    OneProcessor() {
        EXPECT_EQ(::sched_getaffinity(0, sizeof before_, &before_), 0);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(::sched_getcpu(), &one);
        EXPECT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    }
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
    ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }

  private:
    cpu_set_t before_{};
};

// The best of several runs: other work on the machine makes times longer, never shorter.
struct Best {
    double shortest = 1e12;
    double median = 1e12;

    void measure(const Words& words) {
        const Ran ran = run(udpecho, with({"--json", "-q", "-c", "100", "-i", "0"}, words));
        EXPECT_THAT(ran.out, HasSubstr(R"("received":100,"lost":0)"));
        shortest = std::min(shortest, number_in(ran.out, "min_ns", "rtt"));
        median = std::min(median, number_in(ran.out, "median_ns", "rtt"));
    }
};

// Both ways of measuring a round trip agree. They alternate, because the machine has other work.
// The reflector's processing time, which depends on that work and which an echo server does not
// report, is excluded.
TEST(UdpEchoStamp, AgreesWithTheEcho) {
    const OneProcessor one;
    const Reflector reflector;
    const UdpServer server;
    Best echo;
    Best stamp;
    for (int round = 0; round < 10; ++round) {
        echo.measure({"127.0.0.1", server.port()});
        stamp.measure({"--stamp", "127.0.0.1", reflector.port()});
    }
#ifdef SOCKBOX_SANITIZED
    constexpr double most = 3;
#else
    constexpr double most = 2;
#endif
    const auto ratio = [](double a, double b) { return std::max(a, b) / std::min(a, b); };
    EXPECT_LT(ratio(echo.shortest, stamp.shortest), most)
        << echo.shortest << " and " << stamp.shortest;
    EXPECT_LT(ratio(echo.median, stamp.median), most) << echo.median << " and " << stamp.median;
}

// However fast an echo comes back, no one-way delay can be derived from it.
TEST(UdpEchoStamp, AnEchoServerIsNotAReflector) {
    const UdpServer server;
    for (const Words& more : {Words{"-W", "1h"},
                              {"-s", "100"},
                              {"--dscp", "46"},
                              {"--assert", "loss<50%"},
                              {"--stamp-format", "ptp"}}) {
        const Ran ran =
            run(udpecho,
                with({"--stamp", "--json", "-q", "-c", "3", "-i", "0", "127.0.0.1", server.port()},
                     more));
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":0,"lost":3,"pending":0)"));
        EXPECT_THAT(ran.out, HasSubstr(R"("forward":{"lost":null,"delay":{"min_ns":null,)"));
        EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":3,"foreign":0)"));
        EXPECT_EQ(ran.status, tools::exit_mismatch);
    }
    const Ran text = run(udpecho, {"--stamp", "-c", "2", "-i", "0", "127.0.0.1", server.port()});
    EXPECT_THAT(text.out, HasSubstr("\nerror: receive: our own packet came back unchanged: the "
                                    "server is an echo server, not a STAMP reflector (2 times)\n"));
    EXPECT_THAT(text.out, testing::Not(HasSubstr("delay")));
}

// Requested by SIGQUIT or at intervals; the run continues.
TEST(UdpEchoStamp, InterimReportsShowBothDirections) {
    const Reflector reflector({"--stateful"});
    for (const bool json : {true, false}) {
        Words words{
            "udpecho", "--stamp", "--stateful",        "-q",   "-c",        "0",
            "-i",      "2ms",     "--report-interval", "20ms", "127.0.0.1", reflector.port()};
        if (json)
            words.emplace_back("--json");
        Process process(words);
        const std::string way =
            json ? R"("forward":{"lost":0,"delay":{"min_ns":)" : ", forward 0 lost, mean delay 0.";
        std::string line = process.read_line();
        const auto deadline = net::deadline_in(patience);
        while (line.find(way) == line.npos && net::Clock::now() < deadline)
            line = process.read_line();
        EXPECT_THAT(line, HasSubstr(json ? R"("event":"interim")" : ": after 0."));
        EXPECT_THAT(line, HasSubstr(json ? R"("backward":{"lost":0,)" : ", backward 0 lost, "));
        process.send_signal(SIGQUIT);
        (void)process.read_line();
        process.send_signal(SIGINT);
        const Ran ran = process.wait();
        EXPECT_THAT(ran.out, HasSubstr(json ? R"("event":"result")" : "udpecho statistics"));
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    }
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
    Process probe({python, "-c", "import scapy.contrib.stamp"});
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

// A peer of bytes, whose random packets are as they should be or wrong in every way.
TEST(UdpEchoStamp, CountsAndAnswersRandomPacketsByteByByte) {
    if (!std::filesystem::exists(python))
        GTEST_SKIP() << "no python3 here";
    const bool all = std::getenv("SOCKBOX_LONG_TESTS") != nullptr;
    const Ran ran = Process({python, SOCKBOX_SOURCE_DIR "/tests/stamp_by_bytes.py",
                             SOCKBOX_BIN_DIR "/udpecho", "1", all ? "20000" : "300"})
                        .wait(all ? patience * 10 : patience);
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace sockbox::test

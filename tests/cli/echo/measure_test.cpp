// Tests of measuring with echo, against servers with known behaviour.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <random>
#include <thread>

#include "net/streams.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using tools::echo;

Ran measure(const Peer& peer, Words words) {
    words.insert(words.begin(), {"127.0.0.1", peer.port()});
    return run(echo, words);
}

// The value of a member of the only result object.
std::int64_t member(const Ran& ran, const std::string& name, std::size_t from = 0) {
    const std::string key = '"' + name + "\":";
    const std::size_t at = ran.out.find(key, from);
    if (at == std::string::npos || !std::isdigit(ran.out.at(at + key.size()))) {
        ADD_FAILURE() << name << " is missing: " << ran.out << ran.err;
        return -1;
    }
    return std::stoll(ran.out.substr(at + key.size()));
}

void expect_counts_add_up(const Ran& ran) {
    EXPECT_EQ(member(ran, "sent"),
              member(ran, "received") + member(ran, "lost") + member(ran, "pending"));
}

// A known delay: waits for a socket on which nothing arrives.
void pause(std::chrono::milliseconds time) {
    const net::Socket silent = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    (void)net::wait_for(silent, net::Direction::receive, net::deadline_in(time));
}

TEST(EchoMeasure, CountsRoundTripsAndReportsThem) {
    auto peer = Peer::stream(echo_all);
    const Ran text = measure(peer, {"-c", "3", "-i", "10ms"});
    EXPECT_THAT(text.out, HasSubstr("64 bytes from 127.0.0.1:" + peer.port() + ": seq=1 time="));
    EXPECT_THAT(text.out, HasSubstr("seq=3 time="));
    EXPECT_THAT(text.out, HasSubstr("3 sent, 3 received, 0 lost (0%), 0 mismatched\n"));
    EXPECT_EQ(text.status, tools::exit_ok) << text.err;

    const Ran json = measure(peer, {"--json", "-c", "100", "-i", "0", "-s", "1000"});
    EXPECT_EQ(lines(json.out).size(), 1U) << "no replies are printed at full speed";
    EXPECT_EQ(member(json, "sent"), 100);
    EXPECT_EQ(member(json, "received"), 100);
    EXPECT_EQ(member(json, "sent_bytes"), 100000);
    EXPECT_EQ(member(json, "received_bytes"), 100000);
    EXPECT_THAT(json.out, HasSubstr(R"("mode":"closed")"));
    EXPECT_LE(member(json, "min_ns"), member(json, "max_ns"));
    const Ran quiet = measure(peer, {"-q", "-c", "1"});
    EXPECT_THAT(quiet.out, testing::Not(HasSubstr("seq=")));
}

// The server records how long each reply really took. The measured times must be above that, by no
// more than what a busy machine adds.
TEST(EchoMeasure, KnownDelaysAreMeasured) {
    std::vector<std::int64_t> took;
    auto peer = Peer::stream([&](net::Socket& socket) {
        auto delay = 10ms;
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            const auto begin = net::Clock::now();
            pause(delay);
            delay += 10ms;
            took.push_back(std::chrono::nanoseconds(net::Clock::now() - begin).count());
            send_text(socket, text);
        }
    });
    const auto begin = net::Clock::now();
    const Ran ran = measure(peer, {"--json", "-c", "10", "-i", "0"});
    const auto all = std::chrono::nanoseconds(net::Clock::now() - begin).count();
    ASSERT_EQ(took.size(), 10U) << ran.out;
    const std::int64_t waited = std::accumulate(took.begin(), took.end(), std::int64_t{0});
    // All the time that was not the server's delay: at most this much can be in any of the times.
    const std::int64_t slack = all - waited + 1'000'000;
    std::ranges::sort(took);
    const auto expect_near = [&](const char* name, std::int64_t least) {
        const std::int64_t bucket = least / 1000;
        EXPECT_GE(member(ran, name), least - bucket) << name;
        EXPECT_LE(member(ran, name), least + slack + bucket) << name;
    };
    expect_near("min_ns", took.front());
    expect_near("mean_ns", waited / 10);
    expect_near("p50_ns", took[4]);
    expect_near("median_ns", (took[4] + took[5]) / 2);
    expect_near("p90_ns", took[8]);
    expect_near("p99_ns", took[9]);
    expect_near("max_ns", took[9]);
    EXPECT_GE(member(ran, "min_ns"), 10'000'000);
    EXPECT_GE(member(ran, "max_ns"), 100'000'000);
}

TEST(EchoMeasure, JitterCanBeBounded) {
    auto peer = Peer::stream(echo_all);
    const Ran ran =
        measure(peer, {"-c", "3", "-i", "1ms", "--assert", "jitter<1h", "--assert", "median<1h"});
    EXPECT_THAT(ran.out, HasSubstr("assert jitter<1h: ok ("));
    EXPECT_THAT(ran.out, HasSubstr("assert median<1h: ok ("));
    EXPECT_EQ(ran.status, tools::exit_ok);
}

// One thread has many replies to read at a time, so some wait while it reads others.
TEST(EchoMeasure, UnreadRepliesAreReported) {
    const EchoServer server;
    const Ran ran = Process({"echo", "--json", "-P", "100", "--threads", "1", "-c", "2000",
                             "127.0.0.1", server.port()})
                        .wait();
    EXPECT_GT(number_in(ran.out, "max_ns", "unread"), 0) << ran.out << ran.err;
    EXPECT_LE(number_in(ran.out, "max_ns", "unread"), number_in(ran.out, "max_ns", "rtt"));
    EXPECT_LE(number_in(ran.out, "p50_ns", "unread"), number_in(ran.out, "p50_ns", "rtt"));
}

// A third of the messages are due while the server is frozen and wait for up to a second: a tenth
// of all for more than 700 ms. A closed loop sends a single message during that time.
TEST(EchoMeasure, OpenLoopShowsAFreezeThatAClosedLoopHides) {
    auto peer = Peer::stream([](net::Socket& socket) {
        bool frozen = false;
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            if (!std::exchange(frozen, true))
                pause(1s);
            send_text(socket, text);
        }
    });
    const Ran open = measure(peer, {"--json", "--rate", "1000", "-t", "3s", "-W", "20s"});
    EXPECT_THAT(open.out, HasSubstr(R"("mode":"open")"));
    EXPECT_GE(member(open, "p90_ns"), 600'000'000);
    EXPECT_GE(member(open, "max_ns"), 990'000'000);
    EXPECT_EQ(member(open, "lost"), 0);
    expect_counts_add_up(open);
    const Ran closed = measure(peer, {"--json", "-c", "300", "-i", "0", "-W", "20s"});
    EXPECT_THAT(closed.out, HasSubstr(R"("mode":"closed")"));
    EXPECT_LT(member(closed, "p90_ns"), 300'000'000);
    EXPECT_GE(member(closed, "max_ns"), 1'000'000'000);
}

TEST(EchoMeasure, WrongEchoIsCountedAndFails) {
    auto peer = Peer::stream([](net::Socket& socket) {
        int number = 0;
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            if (++number == 3)
                text[7] ^= 1;
            send_text(socket, text);
        }
    });
    const Ran ran = measure(peer, {"--json", "-c", "5", "-i", "0"});
    EXPECT_EQ(member(ran, "received"), 4);
    EXPECT_EQ(member(ran, "lost"), 1);
    EXPECT_EQ(member(ran, "mismatched"), 1);
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// What is not the echo is not received, whatever else is asserted.
TEST(EchoMeasure, WrongEchoesHaveNoTimesAndFailUnlessTheyAreJudged) {
    auto peer = Peer::stream([](net::Socket& socket) {
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            for (std::size_t at = 7; at < text.size(); at += 64)  // in each of the messages
                text[at] ^= 1;
            send_text(socket, text);
        }
    });
    const Ran ran = measure(peer, {"-c", "2", "-i", "10ms", "--assert", "loss<=100%"});
    EXPECT_THAT(ran.out,
                HasSubstr(": seq=1 mismatched: the echo differs at offset 7: expected 0x"));
    EXPECT_THAT(ran.out, HasSubstr("2 sent, 0 received, 2 lost (100%), 2 mismatched\n"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("rtt")));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran judged = measure(peer, {"-q", "-c", "2", "-i", "0", "--assert", "mismatched<=2"});
    EXPECT_EQ(judged.status, tools::exit_ok) << judged.out;
}

// Nothing that comes before it was asked for is a reply.
TEST(EchoMeasure, BytesThatAnswerNothingAreSurplus) {
    auto peer = Peer::stream([](net::Socket& socket) {
        send_text(socket, std::string(1000, 'x'));
        while (!receive_some(socket).empty()) {
        }
    });
    const Ran ran = measure(peer, {"--json", "-q", "-c", "3", "-i", "0", "-W", "5s"});
    expect_counts_add_up(ran);
    EXPECT_EQ(member(ran, "received"), 0);
    EXPECT_LE(member(ran, "mismatched"), member(ran, "sent"));
    EXPECT_GT(member(ran, "surplus_bytes"), 0);
    EXPECT_THAT(ran.out, HasSubstr(R"("message":"bytes that were never sent","phase":"receive")"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran asserted = measure(peer, {"-c", "1", "-i", "0", "--assert", "loss<=100%"});
    EXPECT_EQ(asserted.status, tools::exit_mismatch);
}

TEST(EchoMeasure, SurplusBytesAreSeenThoughEachConnectionEnds) {
    auto peer = Peer::stream([](net::Socket& socket) {
        const std::string message = receive_some(socket);
        send_text(socket, message + "x");
        receive_some(socket);
    });
    const Ran ran = measure(peer, {"--json", "-q", "-c", "3", "-i", "0", "--reconnect"});
    expect_counts_add_up(ran);
    EXPECT_EQ(member(ran, "received"), 3);
    EXPECT_EQ(member(ran, "surplus_bytes"), 3);
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(EchoMeasure, ServerThatNeverAnswersLosesAll) {
    net::Socket held;
    auto peer = Peer::stream([&](net::Socket& socket) { held = std::move(socket); });
    const Ran ran = measure(peer, {"--json", "-c", "2", "-i", "0", "-W", "50ms"});
    EXPECT_EQ(member(ran, "sent"), 2);
    EXPECT_EQ(member(ran, "lost"), 2);
    EXPECT_THAT(ran.out, HasSubstr(R"("rtt":{"min_ns":null)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(EchoMeasure, BrokenConnectionIsAnErrorOfItsPhase) {
    auto peer = Peer::stream([](net::Socket& socket) {
        for (int i = 0; i < 3; ++i)
            send_text(socket, receive_some(socket));
        receive_some(socket);
        socket.abort();
    });
    const Ran ran = measure(peer, {"--json", "-c", "8", "-i", "0"});
    EXPECT_EQ(member(ran, "sent"), 8);
    EXPECT_EQ(member(ran, "received"), 6);
    EXPECT_EQ(member(ran, "lost"), 2);
    EXPECT_THAT(ran.out, HasSubstr(R"("phase":"receive")"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(EchoMeasure, ReconnectMakesAConnectionForEachMessage) {
    std::atomic<int> connections{0};
    auto peer = Peer::stream([&](net::Socket& socket) {
        ++connections;
        echo_all(socket);
    });
    const Ran ran = measure(peer, {"--json", "-c", "5", "-i", "0", "--reconnect"});
    EXPECT_EQ(member(ran, "received"), 5) << ran.out;
    EXPECT_EQ(connections, 5);
    EXPECT_EQ(ran.status, tools::exit_ok);
}

// Serves each connection on a thread of its own, which ends with its client.
class Crowd {
  public:
    explicit Crowd(std::function<void(net::Socket&, int number)> serve)
        : serve_(std::move(serve)) {}

    const Peer& peer() const { return peer_; }

  private:
    const std::function<void(net::Socket&, int)> serve_;
    std::vector<std::jthread> threads_;
    const Peer peer_ = Peer::stream([this](net::Socket& socket) {
        const int number = static_cast<int>(threads_.size());
        threads_.emplace_back(
            [this, number, own = std::move(socket)]() mutable { serve_(own, number); });
    });
};

TEST(EchoMeasure, ConnectionsShareTheRunAndItsThreads) {
    const TemporaryFile percentiles;
    Crowd crowd([](net::Socket& socket, int) { echo_all(socket); });
    const Ran ran = measure(crowd.peer(), {"--json", "-P", "4", "--threads", "2", "-c", "200",
                                           "--warmup", "20ms", "--hgrm", percentiles.path()});
    EXPECT_EQ(member(ran, "sent"), 200);
    EXPECT_EQ(member(ran, "received"), 200);
    EXPECT_THAT(percentiles.content(), HasSubstr("Total count    =          200]"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

TEST(EchoMeasure, WithoutComparisonAChangedEchoIsOne) {
    auto peer = Peer::stream([](net::Socket& socket) {
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            text.back() ^= 1;
            send_text(socket, text);
        }
    });
    EXPECT_EQ(measure(peer, {"-c", "2", "-i", "0"}).status, tools::exit_mismatch);
    const Ran ran = measure(peer, {"-c", "2", "-i", "0", "--no-verify"});
    EXPECT_THAT(ran.out, HasSubstr("2 sent, 2 received, 0 lost (0%), 0 mismatched\n"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

// Echoes, but now and then delays, corrupts, swallows, invents, closes or resets.
void misbehave(net::Socket& socket, unsigned seed) {
    std::mt19937 random(seed);
    for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
        switch (random() % 40) {
            case 0: return socket.abort();
            case 1: return;
            case 2: text[random() % text.size()] ^= 1; break;
            case 3: text.pop_back(); break;
            case 4: text += 'x'; break;
            case 5: pause(30ms); break;
            default: break;
        }
        send_text(socket, text);
    }
}

TEST(EchoMeasure, CountsAddUpWhateverTheServerDoes) {
    std::mt19937 random(1);
    for (unsigned round = 0; round < 12; ++round) {
        Crowd crowd([&](net::Socket& socket, int number) {
            misbehave(socket, round * 1000 + static_cast<unsigned>(number));
        });
        const auto choose = [&](Words few) { return few[random() % few.size()]; };
        Words words{"--json",    "-q",
                    "-W",        choose({"5ms", "20ms"}),
                    "-P",        choose({"1", "2", "5"}),
                    "--threads", choose({"1", "2"}),
                    "-s",        choose({"1", "64", "3000"}),
                    "--warmup",  choose({"0", "10ms"})};
        const auto add = [&](const Words& more) {
            words.insert(words.end(), more.begin(), more.end());
        };
        add(random() % 2 == 0 ? Words{"--rate", "1000"} : Words{"-i", "0"});
        add(random() % 2 == 0 ? Words{"-t", "80ms"} : Words{"-c", "80"});
        if (words.back() == "80" && random() % 2 == 0)
            add({"--reconnect"});
        SCOPED_TRACE(testing::PrintToString(words));
        const Ran ran = measure(crowd.peer(), words);
        expect_counts_add_up(ran);
        EXPECT_GT(member(ran, "sent"), 0);
        EXPECT_LE(member(ran, "received_bytes"), member(ran, "sent_bytes"));
    }
}

TEST(EchoMeasure, AssertionsDecide) {
    auto peer = Peer::stream(echo_all);
    const Ran kept =
        measure(peer, {"-c", "2", "-i", "0", "--assert", "max<1h", "--assert", "loss<1%"});
    EXPECT_THAT(kept.out, HasSubstr("assert max<1h: ok"));
    EXPECT_EQ(kept.status, tools::exit_ok);
    const Ran colored =
        measure(peer, {"-c", "1", "-i", "0", "--assert", "max<1h", "--color", "always"});
    EXPECT_THAT(colored.out, HasSubstr("assert max<1h: \x1b[32mok\x1b[0m ("));
    const Ran broken = measure(peer, {"--json", "-c", "2", "-i", "0", "--assert", "max<1ns"});
    EXPECT_THAT(broken.out, HasSubstr(R"({"expression":"max<1ns","value":)"));
    EXPECT_THAT(broken.out, HasSubstr(R"("ok":false})"));
    EXPECT_EQ(broken.status, tools::exit_mismatch);
}

TEST(EchoMeasure, SeveralServersHaveAResultEach) {
    auto one = Peer::stream(echo_all);
    auto two = Peer::stream([](net::Socket& socket) {
        for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket)) {
            text[0] ^= 1;
            send_text(socket, text);
        }
    });
    const Ran ran =
        measure(one, {"--json", "-c", "3", "-i", "0", "--target", "localhost:" + two.port(), "-4"});
    const Words results = lines(ran.out);
    ASSERT_EQ(results.size(), 2U) << ran.out << ran.err;
    EXPECT_THAT(results[0], HasSubstr(R"("target":"127.0.0.1:)" + one.port()));
    EXPECT_THAT(results[0],
                HasSubstr(R"("received":3,"lost":0,"pending":0,"unsent":0,"mismatched":0)"));
    EXPECT_THAT(results[1], HasSubstr(R"("target":"localhost:)" + two.port()));
    EXPECT_THAT(results[1], HasSubstr(R"("mismatched":3)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(EchoMeasure, ARefusingServerDoesNotAffectTheOthers) {
    auto peer = Peer::stream(echo_all);
    const std::string dead = "127.0.0.1:" + closed_port();
    const Ran ran = run(echo, {"--json", "-c", "2", "-i", "0", "--target", dead, "--target",
                               "127.0.0.1:" + peer.port(), "--assert", "loss<1%"});
    const Words results = lines(ran.out);
    ASSERT_EQ(results.size(), 2U) << ran.out << ran.err;
    EXPECT_THAT(results[0], HasSubstr(dead + R"(","mode":"closed")"));
    EXPECT_THAT(results[0], HasSubstr(symbol_of(std::errc::connection_refused)));
    EXPECT_THAT(results[1], HasSubstr(R"("received":2)"));
    EXPECT_THAT(results[1],
                HasSubstr(R"({"expression":"loss<1%","value":0.0,"unit":"percent","ok":true})"));
    EXPECT_EQ(ran.status, tools::exit_refused);
}

TEST(EchoMeasure, ServersThatMakeNoSenseAreRefused) {
    const auto status = [](const Words& words) { return run(echo, words).status; };
    EXPECT_EQ(status({"-c", "1", "--target", "nonsense"}), tools::exit_usage);
    EXPECT_EQ(status({"-c", "1", "--target", "host:0"}), tools::exit_usage);
    EXPECT_EQ(status({"--target", "localhost:7"}), tools::exit_usage) << "without measuring";
    EXPECT_EQ(status({"-c", "1", "::1", "7", "--target", "[::1]:7"}), tools::exit_usage);
    EXPECT_EQ(status({"-c", "1"}), tools::exit_usage);
    EXPECT_EQ(status({"-c", "1", "localhost"}), tools::exit_usage);
}

TEST(EchoMeasure, ReportsProgressWhileItRuns) {
    auto peer = Peer::stream(echo_all);
    const Ran text = measure(peer, {"-q", "-t", "250ms", "-i", "1ms", "--report-interval", "50ms"});
    EXPECT_THAT(lines(text.out), testing::Contains(testing::MatchesRegex(
                                     "127.0.0.1:.*: after 0\\..* s: .* sent, .* received, .*")));
    const Ran json = measure(peer, {"--json", "-t", "250ms", "--report-interval", "50ms"});
    const Words objects = lines(json.out);
    ASSERT_GE(objects.size(), 2U);
    EXPECT_THAT(objects.front(), HasSubstr(R"("event":"interim")"));
    EXPECT_THAT(objects.back(), HasSubstr(R"("event":"result")"));
    EXPECT_EQ(measure(peer, {"-c", "1", "--report-interval", "0"}).status, tools::exit_usage);
}

TEST(EchoMeasure, WritesThePercentiles) {
    auto peer = Peer::stream(echo_all);
    const TemporaryFile file;
    EXPECT_EQ(measure(peer, {"-c", "2", "-i", "0", "--hgrm", file.path()}).status, tools::exit_ok);
    EXPECT_THAT(file.content(), HasSubstr("Total count    =            2]"));
    EXPECT_EQ(measure(peer, {"-c", "1", "--hgrm", "/no/such/folder/x"}).status, tools::exit_output);
}

TEST(EchoMeasure, WritesAPage) {
    auto peer = Peer::stream(echo_all);
    const TemporaryFile file;
    const Ran ran = measure(
        peer, {"-c", "20", "-i", "0", "--html", file.path(), "--assert", "p50<1h", "--json"});
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_EQ(lines(ran.out).size(), 1U);
    EXPECT_THAT(file.content(), testing::StartsWith("<!DOCTYPE html>"));
    EXPECT_THAT(file.content(), testing::EndsWith("</html>\n"));
    EXPECT_THAT(file.content(), HasSubstr("<h2>127.0.0.1:" + peer.port() + "</h2>"));
    EXPECT_THAT(file.content(), HasSubstr("p50&lt;1h"));
    EXPECT_THAT(file.content(), HasSubstr(R"(<th scope="row">count</th><td class="text">20</td>)"));
    const Ran lost = measure(peer, {"-c", "1", "--html", "/no/such/folder/x"});
    EXPECT_THAT(lost.err, HasSubstr("write /no/such/folder/x"));
    EXPECT_EQ(lost.out, "") << "nothing is measured in vain";
    EXPECT_EQ(lost.status, tools::exit_output);
}

TEST(EchoMeasure, DrawsWhatItMeasured) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = measure(peer, {"-c", "20", "-i", "0", "--plot"});
    EXPECT_THAT(ran.out, HasSubstr("round trips from "));
    EXPECT_THAT(ran.out, HasSubstr("█"));
    EXPECT_EQ(measure(peer, {"-c", "1", "--plot", "--json"}).status, tools::exit_usage);
}

TEST(EchoMeasure, OptionsThatDoNotGoTogetherAreRefused) {
    const Words target{"127.0.0.1", "7"};
    for (const Words& words :
         {Words{"-c", "1", "word"}, Words{"-i", "1s"}, Words{"-c", "-1"}, Words{"-c", "1e3"},
          Words{"-t", "0"}, Words{"-s", "0", "-c", "1"}, Words{"-s", "64KiB", "-c", "1"},
          Words{"--rate", "5", "-i", "1"}, Words{"--assert", "p99", "-c", "1"}, Words{"-t", "1,5s"},
          Words{"-P", "0"}, Words{"-W", "0", "-c", "1"},
          Words{"-c", "1", "--resolve-every", "1s"}}) {
        Words all = target;
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = run(echo, all);
        EXPECT_EQ(ran.status, tools::exit_usage) << words[0] << ' ' << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

}  // namespace
}  // namespace sockbox::test

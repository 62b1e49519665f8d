// Tests of measuring with udpecho, against a server that handles each datagram as specified.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::udpecho;

void reply(net::Socket& socket, std::string_view text, const net::Endpoint& to) {
    (void)socket.send_to(std::as_bytes(std::span(text)), to);
}

Ran measure(const Peer& peer, Words words) {
    words.insert(words.begin(), {"127.0.0.1", peer.port()});
    return run(udpecho, words);
}

// A peer that is called for each datagram, in order of arrival, to choose the replies.
using Answer = std::function<void(const std::function<void(std::string_view)>&, int number,
                                  const std::string& text, std::map<int, std::string>& held)>;
Peer scripted(Answer answer) {
    return Peer::datagram(
        [answer = std::move(answer), number = 0, held = std::map<int, std::string>()](
            auto& socket, const auto& text, const auto& from) mutable {
            held[number] = text;
            answer([&](std::string_view back) { reply(socket, back, from); }, number++, text, held);
        });
}

TEST(UdpEchoMeasure, AllCameBack) {
    auto peer = Peer::datagram(reply);
    const Ran text = measure(peer, {"-c", "3", "-i", "10ms", "--first-seq", "41"});
    EXPECT_THAT(text.out, HasSubstr("64 bytes from 127.0.0.1:" + peer.port() + ": seq=41 time="));
    EXPECT_THAT(text.out, HasSubstr("seq=43 time="));
    EXPECT_THAT(text.out, HasSubstr("3 sent, 3 received, 0 lost (0%)\n"));
    EXPECT_EQ(text.status, tools::exit_ok) << text.err;
}

TEST(UdpEchoMeasure, AnyPayloadDownToNothing) {
    auto peer = Peer::datagram(reply);
    for (const char* size : {"0", "1", "8", "23", "24", "9000"}) {
        const Ran ran = measure(peer, {"--json", "-c", "20", "-i", "0", "-s", size});
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20,"lost":0,"pending":0)")) << size;
        EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":0,"foreign":0)")) << size;
    }
    EXPECT_EQ(measure(peer, {"-c", "1", "-s", "65508"}).status, tools::exit_usage);
}

TEST(UdpEchoMeasure, WithoutComparisonAChangedReplyIsOne) {
    auto peer = Peer::datagram([](auto& socket, std::string text, const auto& from) {
        text.back() ^= 1;
        reply(socket, text, from);
    });
    EXPECT_EQ(measure(peer, {"-c", "2", "-i", "0"}).status, tools::exit_mismatch);
    const Ran ran = measure(peer, {"-c", "2", "-i", "0", "--no-verify"});
    EXPECT_THAT(ran.out, HasSubstr("2 sent, 2 received, 0 lost (0%)\n"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

// Of 0 to 9 these arrive: 0 1 3 2 4 4 7 6 8.
TEST(UdpEchoMeasure, LossDuplicatesAndOrderAreDistinguished) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto& held) {
        if (number == 2 || number == 5 || number == 6 || number == 9)
            return;
        send(text);
        if (number == 3 || number == 7)
            send(held[number - 1]);
        if (number == 4)
            send(text);
    });
    const Ran ran =
        measure(peer, {"--json", "-q", "-c", "10", "-i", "5ms", "-W", "1s", "--first-seq", "0"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":10,"received":8,"lost":2,"pending":0)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("duplicated":1,"reordered":2,"corrupted":0,"foreign":0)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("lost_on_path":2,"lost_in_own_buffer":0,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("lost_numbers":[[5,5],[9,9]],"lost_numbers_unlisted":0)"));
    EXPECT_EQ(ran.status, tools::exit_ok) << "some loss is no failure, as for ping";
}

TEST(UdpEchoMeasure, CorruptedTruncatedAndForeignRepliesAreDistinguished) {
    auto peer = scripted([](const auto& send, int number, std::string text, auto&) {
        if (number == 0)
            text[40] ^= 1;
        if (number == 1)
            text.resize(30);
        if (number == 2)
            text += "more";
        send(text);
        text.resize(64);
        text[8] ^= 0x40;  // the sequence number of a datagram that was never sent
        if (number == 3)
            send(text);
    });
    const Ran ran = measure(peer, {"--json", "-q", "-c", "5", "-i", "5ms"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":5,"received":2,"lost":3)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("corrupted":3,"foreign":1)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// What is not the echo is not received, whatever else is asserted, and has no time.
TEST(UdpEchoMeasure, ChangedRepliesAreNeitherReceivedNorTimed) {
    auto peer = scripted([](const auto& send, int number, std::string text, auto&) {
        if (number % 2 == 0)
            text.resize(60'064, 'x');
        else
            text[number % 4 == 1 ? 40 : 3] ^= 1;  // a byte of the content, or of the session
        send(text);
    });
    const Ran ran = measure(peer, {"-c", "2", "-i", "10ms"});
    // Windows does not report how long a truncated datagram was.
    const std::string length = on_wine() ? "" : "60064";
    EXPECT_THAT(ran.out, HasSubstr(length + " bytes from 127.0.0.1:" + peer.port() +
                                   ": seq=1 corrupted: 64 bytes were sent\n"));
    EXPECT_THAT(ran.out,
                HasSubstr("64 bytes from 127.0.0.1:" + peer.port() +
                          ": seq=2 corrupted: the echo differs at offset 40: expected 0x"));
    EXPECT_THAT(ran.out, HasSubstr("2 sent, 0 received, 2 lost (100%), 2 corrupted\n"
                                   "lost: 2 answered with something else\n"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("rtt")));
    const Words good{"-q", "-c", "1", "-i", "0", "--assert", "loss<=100%"};
    EXPECT_EQ(measure(peer, good).status, tools::exit_mismatch);
    Words judged = good;
    judged.insert(judged.end(), {"--assert", "corrupted>0", "--assert", "corrupted<=1"});
    EXPECT_EQ(measure(peer, judged).status, tools::exit_ok);
    judged.back() = "mismatched<1";
    EXPECT_EQ(measure(peer, judged).status, tools::exit_mismatch);
}

// Replies of three bytes may be those to any message: they have no times and no order.
TEST(UdpEchoMeasure, RepliesThatCannotBeToldApartHaveNoTimes) {
    for (const char* size : {"0", "1", "3"}) {
        // The first is lost, and the others come back one message later.
        auto peer = scripted([](const auto& send, int number, const std::string&, auto& held) {
            if (number > 1)
                send(held[number - 1]);
        });
        const Ran ran =
            measure(peer, {"--json", "-q", "-c", "5", "-i", "20ms", "-W", "1s", "-s", size});
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":5,"received":3,"lost":2,"pending":0)"));
        EXPECT_THAT(ran.out,
                    HasSubstr(R"("late":null,"duplicated":null,"reordered":null,"corrupted":0)"));
        EXPECT_THAT(ran.out, HasSubstr(R"("lost_numbers":null,)"));
        EXPECT_THAT(ran.out, HasSubstr(R"("rtt":{"min_ns":null)"));
        EXPECT_THAT(ran.out, HasSubstr(R"("jitter_ns":null)"));
        auto good = Peer::datagram(reply);
        const Ran text = measure(good, {"-c", "1", "-s", size, "--assert", "p50<1h"});
        EXPECT_THAT(text.out, HasSubstr("cannot be told apart"));
        EXPECT_THAT(text.out, testing::Not(HasSubstr("time=")));
        EXPECT_EQ(text.status, tools::exit_mismatch) << "there is no p50";
    }
}

// From four bytes on, each reply belongs to one message, however many are under way.
TEST(UdpEchoMeasure, ShortRepliesAreMatchedByTheirNumber) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto& held) {
        if (number == 1)
            send(held[1]);
        if (number == 3)
            for (const int late : {3, 2, 0})
                send(held[late]);
        if (number > 3)
            send(text);
    });
    const Ran ran =
        measure(peer, {"--json", "-q", "-c", "6", "-i", "5ms", "-s", "4", "--timestamps", "user"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":6,"received":6,"lost":0,"pending":0)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("late":0,"duplicated":0,"reordered":2,"corrupted":0)"));
}

TEST(UdpEchoMeasure, ReplyAfterItsTimeIsLostAndLate) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto& held) {
        if (number == 1)
            send(held[0]);
        if (number > 0)
            send(text);
    });
    const Ran ran = measure(peer, {"--json", "-q", "-c", "2", "-i", "1200ms", "-W", "1s"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":2,"received":1,"lost":1)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("late":1)"));
}

TEST(UdpEchoMeasure, ListsTheLostNumbersWhenAsked) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto&) {
        if (number % 5 != 4 && number != 2 && number != 3)
            send(text);
    });
    // On a schedule, so that waiting for all losses takes no longer than waiting for one.
    const Words words{"-c", "10", "--rate", "1000", "-W", "1s", "--timestamps", "user"};
    EXPECT_THAT(measure(peer, words).out, testing::Not(HasSubstr("lost numbers")));
    auto again = scripted([](const auto& send, int number, const std::string& text, auto&) {
        if (number % 5 != 4 && number != 2 && number != 3)
            send(text);
    });
    Words verbose = words;
    verbose.emplace_back("-v");
    EXPECT_THAT(measure(again, verbose).out,
                HasSubstr("lost: 4 on the path\nlost numbers: 3-5, 10\n"));
}

TEST(UdpEchoMeasure, NumbersPassWhereThirtyTwoBitsEnd) {
    auto peer = Peer::datagram(reply);
    const Ran ran =
        measure(peer, {"--json", "-q", "-c", "20", "-i", "0", "--first-seq", "4294967290"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":20,"received":20,"lost":0,"pending":0)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("duplicated":0,"reordered":0,"corrupted":0,"foreign":0)"));
}

TEST(UdpEchoMeasure, NothingBackIsAFailureWithoutNumbers) {
    auto peer = Peer::datagram([](auto&, auto&, auto&) {});
    const Ran ran = measure(peer, {"--json", "-c", "2", "-i", "0", "-W", "20ms"});
    EXPECT_THAT(ran.out, HasSubstr(R"("sent":2,"received":0,"lost":2)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("rtt":{"min_ns":null)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(UdpEchoMeasure, EachOfSeveralServersHasItsCountsAndVerdicts) {
    auto good = Peer::datagram(reply);
    auto lossy = scripted([](const auto& send, int number, const std::string& text, auto&) {
        if (number % 2 == 0)
            send(text);
    });
    const Words words{"--json",   "-q",      "-c", "4",        "-i",
                      "1ms",      "-W",      "1s", "--target", "127.0.0.1:" + lossy.port(),
                      "--assert", "loss<10%"};
    const Ran ran = measure(good, words);
    const Words results = lines(ran.out);
    ASSERT_EQ(results.size(), 2U) << ran.out << ran.err;
    EXPECT_THAT(results[0], HasSubstr(R"("target":"127.0.0.1:)" + good.port()));
    EXPECT_THAT(results[0], HasSubstr(R"("sent":4,"received":4,"lost":0,"pending":0)"));
    EXPECT_THAT(results[0],
                HasSubstr(R"({"expression":"loss<10%","value":0.0,"unit":"percent","ok":true})"));
    EXPECT_THAT(results[1], HasSubstr(R"("target":"127.0.0.1:)" + lossy.port()));
    EXPECT_THAT(results[1], HasSubstr(R"("sent":4,"received":2,"lost":2,"pending":0)"));
    EXPECT_THAT(results[1],
                HasSubstr(R"({"expression":"loss<10%","value":50.0,"unit":"percent","ok":false})"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

// While the last reply is awaited, nothing is due any more that could be late.
TEST(UdpEchoMeasure, LatenessIsThatOfWhatWasSent) {
    auto peer = Peer::datagram([](auto&, auto&, auto&) {});
    for (const Words& pace : {Words{"-i", "1ms"}, {"--rate", "1000"}}) {
        const Ran ran = measure(peer, {"--json", "-q", "-c", "3", "-W", "2s", pace[0], pace[1]});
        EXPECT_THAT(ran.out, HasSubstr(R"("sent":3,"received":0,"lost":3)"));
        EXPECT_LT(number_in(ran.out, "max_ns", "slip"), 1.9e9) << ran.out;
    }
}

// All of them fit into the peer's buffer, if it is kept from reading.
TEST(UdpEchoMeasure, OpenLoopKeepsItsRate) {
    auto peer = Peer::datagram(reply);
    const Ran ran = measure(peer, {"--json", "--rate", "1000", "-c", "200", "--assert", "loss<1%"});
    EXPECT_THAT(ran.out, HasSubstr(R"("mode":"open","sent":200,"received":200)"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.out;
}

// The last of them is lost: waiting for it is no part of the rate.
TEST(UdpEchoMeasure, TheWaitForALostReplyIsNoPartOfTheRate) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto&) {
        if (number < 9)
            send(text);
    });
    const Ran ran =
        measure(peer, {"-j", "-q", "-c", "10", "-i", "10ms", "-W", "5s", "--assert", "rate>=0"});
    EXPECT_EQ(number_in(ran.out, "lost"), 1) << ran.out;
    EXPECT_LT(number_in(ran.out, "duration_ns"), 5e9) << ran.out;
    EXPECT_NEAR(number_in(ran.out, "rate_per_s"), 9e9 / number_in(ran.out, "duration_ns"), 0.01);
}

// If all has come back by the end, the run ends there and not when the client sees it. The last
// message is due 20 ms before.
TEST(UdpEchoMeasure, ARunEndsWhenItsTimeIsOver) {
    auto peer = Peer::datagram(reply);
    const Ran ran = measure(peer, {"-j", "-q", "--rate", "50", "-t", "500ms"});
    if (number_in(ran.out, "max_ns", "rtt") < 20e6)
        EXPECT_EQ(number_in(ran.out, "duration_ns"), 500e6) << ran.out;
    else
        EXPECT_GE(number_in(ran.out, "duration_ns"), 500e6) << ran.out;
}

TEST(UdpEchoMeasure, WhatGoesWrongInTheWarmUpIsNoResult) {
    auto peer = scripted([](const auto& send, int number, const std::string& text, auto&) {
        send(number < 3 ? "\xff\xff" : text);
    });
    const Ran ran = measure(
        peer, {"-j", "-q", "-c", "5", "-i", "100ms", "--warmup", "1s", "--assert", "loss<1%"});
    EXPECT_EQ(number_in(ran.out, "received"), 5) << ran.out;
    EXPECT_EQ(number_in(ran.out, "corrupted"), 0) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr(R"("errors":[])"));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.out;
}

TEST(UdpEchoMeasure, TimesBeyondTheClockNeverCome) {
    auto peer = Peer::datagram(reply);
    const Ran ran = measure(peer, {"-j", "-q", "-t", "300ms", "-i", "2562047.7h"});
    EXPECT_EQ(number_in(ran.out, "sent"), 1) << ran.out;
}

}  // namespace
}  // namespace sockbox::test

// Tests of lib/serve/session: what becomes of a connection during a drain, and what is lost.
#include "serve/session.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/serve/test_server.h"

namespace sockbox::serve {
namespace {

using namespace std::chrono_literals;
using What = Session::Decision::What;

class SessionInADrain : public testing::Test {
  protected:
    Session::Decision decide(std::chrono::nanoseconds passed, bool has_rest) {
        return session_.decide(began_ + passed, has_rest, began_ + 1s);
    }

    const net::Deadline began_ = net::Clock::now();
    ServeOptions options_ = [] {
        ServeOptions options;
        options.drain_timeout = 1s;
        return options;
    }();
    Counters counters_;
    Witness witness_;
    net::StopSignal drain_ = *net::StopSignal::create();
    net::StopSignal abort_ = *net::StopSignal::create();
    Service service_{options_, counters_, witness_, drain_, abort_};
    Admission admission_{options_.limits, drain_};
    Session session_{service_,
                     {net::Socket(), *admission_.admit(net::Endpoint::loopback(net::Family::ipv4))},
                     began_};
};

TEST_F(SessionInADrain, AQuietConnectionEndsUnlessMoreHasArrived) {
    EXPECT_EQ(decide(0s, false).what, What::go_on);
    const auto decision = decide(500ms, false);
    EXPECT_EQ(decision.what, What::send_fin);
    EXPECT_EQ(decision.reason, EndReason::drained);
    EXPECT_FALSE(decision.at_once);
}

TEST_F(SessionInADrain, AtTheDeadlineEveryConnectionEnds) {
    EXPECT_TRUE(decide(1s, false).at_once) << "whatever has arrived";
    session_.received(1, began_ + 1s);
    EXPECT_TRUE(decide(1s, false).at_once) << "whether it is quiet or not";
    EXPECT_EQ(decide(1s, true).what, What::abort);
}

// A connection whose peer has sent 100 bytes that nobody has read yet.
class SessionWithUnreadBytes : public testing::Test {
  protected:
    void begin() {
        auto listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4));
        ASSERT_TRUE(listener);
        net::ConnectOptions options;
        options.deadline = net::deadline_in(test::patience);
        auto peer = net::connect_to(*listener->local(), options);
        ASSERT_TRUE(peer);
        peer_ = std::move(*peer);
        const std::vector<std::byte> bytes(100);
        ASSERT_EQ(peer_.send(bytes).bytes, bytes.size());
        auto accepted = net::accept(*listener, true);
        ASSERT_TRUE(accepted.socket.valid());
        ASSERT_EQ(net::wait_for(accepted.socket, net::Direction::receive, options.deadline),
                  net::Readiness::ready);
        session_.emplace(service_,
                         Client{std::move(accepted.socket),
                                *admission_.admit(net::Endpoint::loopback(net::Family::ipv4))},
                         net::Clock::now());
    }

    ServeOptions options_;
    Counters counters_;
    Witness witness_;
    net::StopSignal drain_ = *net::StopSignal::create();
    net::StopSignal abort_ = *net::StopSignal::create();
    Service service_{options_, counters_, witness_, drain_, abort_};
    Admission admission_{options_.limits, drain_};
    net::Socket peer_;
    std::optional<Session> session_;
};

TEST_F(SessionWithUnreadBytes, TheyAreLostWhenTheServerGivesUp) {
    for (const EndReason reason : {EndReason::aborted, EndReason::write_timeout}) {
        const std::uint64_t before = counters_.unsent_bytes.value();
        begin();
        ASSERT_TRUE(session_);
        session_->received(5, net::Clock::now());
        session_->end(reason, net::Clock::now());
        EXPECT_EQ(counters_.unsent_bytes.value() - before, 105U);
        const ConnectionReport report = witness_.reports(1).back();
        EXPECT_EQ(report.unsent_bytes, 105U);
        EXPECT_EQ(report.received_bytes, 5U);
        EXPECT_EQ(report.sent_bytes, 0U);
    }
}

TEST_F(SessionWithUnreadBytes, AreAReasonToCountAnAbort) {
    begin();
    ASSERT_TRUE(session_);
    session_->abort(net::Clock::now());
    EXPECT_EQ(counters_.aborted(), 1U);
    EXPECT_EQ(counters_.unsent_bytes.value(), 100U);
}

TEST_F(SessionWithUnreadBytes, TheEndOfTheDrainLosesThem) {
    begin();
    ASSERT_TRUE(session_);
    const auto now = net::Clock::now();
    session_->end_with_fin({What::send_fin, EndReason::drained, true}, now, now);
    EXPECT_EQ(counters_.aborted(), 1U);
    EXPECT_EQ(counters_.unsent_bytes.value(), 100U);
}

TEST_F(SessionWithUnreadBytes, BeforeThatTheyAreNotLostYet) {
    begin();
    ASSERT_TRUE(session_);
    const auto now = net::Clock::now();
    session_->end_with_fin({What::send_fin, EndReason::idle, false}, now, net::no_deadline);
    EXPECT_EQ(counters_.aborted(), 0U);
}

}  // namespace
}  // namespace sockbox::serve

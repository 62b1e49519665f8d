// Tests of lib/serve/session: what becomes of a connection during a drain.
#include "serve/session.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sockbox::serve

// Tests of the write timeout with a client that reads slowly.
#include <gtest/gtest.h>

#include <thread>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

// The client takes bytes all the time, but for longer than the timeout not enough of them that the
// server could send more.
TEST_P(EveryEngine, ASlowReaderOutlivesTheWriteTimeout) {
    ServeOptions options;
    options.write_timeout = 2s;
    TestServer server(engine(), options);
    Deaf slow = connect_deaf(server);
    ASSERT_TRUE(slow.socket.set_blocking(true));
    Bytes some(1024);
    for (const auto until = net::deadline_in(4s); net::Clock::now() < until;) {
        const auto got = receive_some(slow.socket, some);
        ASSERT_TRUE(got.done()) << got.error.message();
        std::this_thread::sleep_for(100ms);  // the pace of the client
    }
    EXPECT_EQ(server.counters().ended_by(EndReason::write_timeout).value(), 0U);
}

}  // namespace
}  // namespace sockbox::serve

// Tests of how many bytes a server reports as lost, by the queues at both ends of the connection.
#include <gtest/gtest.h>

#include "option/tcp_info.h"
#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

// Of the bytes that this client has sent, those that have neither come back nor stayed here, as
// soon as nothing moves any more.
std::uint64_t under_way(const Deaf& deaf) {
    std::uint64_t bytes = 0;
    const auto until = net::deadline_in(test::patience);
    for (int times_equal = 0; times_equal < 5 && net::Clock::now() < until;) {
        const net::TcpQueues own = net::tcp_queues(deaf.socket);
        const std::uint64_t now = deaf.sent - own.unacknowledged - own.unread;
        times_equal = now == bytes ? times_equal + 1 : 0;
        bytes = now;
        std::this_thread::sleep_for(100ms);  // nothing announces that the kernel sends no more
    }
    return bytes;
}

TEST_P(EveryEngine, AnAbortCountsWhatTheKernelHolds) {
    ServeOptions options;
    options.drain_timeout = 100ms;
    TestServer server(engine(), options);
    const Deaf deaf = connect_deaf(server);
    const std::uint64_t expected = under_way(deaf);
    EXPECT_GT(expected, 0U);
    server.drain();
    server.join();
    EXPECT_EQ(server.counters().aborted(), 1U);
    EXPECT_EQ(server.counters().unsent_bytes.value(), expected);
    EXPECT_EQ(server.witness().reports(1).front().unsent_bytes, expected);
}

}  // namespace
}  // namespace sockbox::serve

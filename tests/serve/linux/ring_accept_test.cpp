// Tests of failing accepts and refused submissions in the io_uring engine, by intercepting
// liburing.
#include <gmock/gmock.h>
#include <liburing.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "serve/engines/linux/io_uring/ring.h"
#include "tests/serve/every_engine.h"

namespace {

// State of the interceptor between the engine and liburing (the linker's --wrap): it accepts one
// connection at a time, and the second one, that of `failing`, ends with `error`.
struct BetweenThem {
    std::atomic<std::uint64_t> accept{0};  // the user data of the accept operation's completions
    std::atomic<int> error{0};             // 0: no failure
    std::atomic<int> accepted{0};
    std::atomic<int> refusal{0};  // 0: submissions are not refused

    void take_operations(io_uring& ring) {
        for (unsigned at = ring.sq.sqe_head; at != ring.sq.sqe_tail; ++at) {
            io_uring_sqe& operation = ring.sq.sqes[at & ring.sq.ring_mask];
            if (error == 0 || operation.opcode != IORING_OP_ACCEPT)
                continue;
            operation.ioprio &= static_cast<__u16>(~IORING_ACCEPT_MULTISHOT);
            accept = operation.user_data;
        }
    }
    void take_completion(io_uring_cqe& completion) {
        if (error == 0 || completion.user_data != accept || completion.res < 0 || ++accepted != 2)
            return;
        ::close(completion.res);
        completion.res = -error;
    }
} between;

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" {
int __real_io_uring_submit(io_uring* ring);
int __wrap_io_uring_submit(io_uring* ring) {
    return between.refusal != 0 ? -between.refusal : __real_io_uring_submit(ring);
}

int __real_io_uring_submit_and_wait(io_uring* ring, unsigned count);
int __wrap_io_uring_submit_and_wait(io_uring* ring, unsigned count) {
    if (between.refusal != 0)
        return -between.refusal;
    between.take_operations(*ring);
    return __real_io_uring_submit_and_wait(ring, count);
}

int __real_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned count,
                                            __kernel_timespec* timeout, sigset_t* signals);
int __wrap_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned count,
                                            __kernel_timespec* timeout, sigset_t* signals) {
    if (between.refusal != 0)
        return -between.refusal;
    between.take_operations(*ring);
    return __real_io_uring_submit_and_wait_timeout(ring, first, count, timeout, signals);
}

unsigned __real_io_uring_peek_batch_cqe(io_uring* ring, io_uring_cqe** completions, unsigned most);
unsigned __wrap_io_uring_peek_batch_cqe(io_uring* ring, io_uring_cqe** completions, unsigned most) {
    const unsigned count = __real_io_uring_peek_batch_cqe(ring, completions, most);
    for (unsigned i = 0; i < count; ++i)
        between.take_completion(*completions[i]);
    return count;
}
}
// NOLINTEND(bugprone-reserved-identifier)

namespace sockbox::serve {
namespace {

void expect_survived(int error) {
    between.accepted = 0;
    between.error = error;
    TestServer server(*find_engine("io_uring"));
    auto first = server.connect();
    expect_echo(first, random_bytes(10));
    auto second = server.connect();
    expect_end(second);
    auto third = server.connect();
    expect_echo(third, random_bytes(10));
    expect_echo(first, random_bytes(10));
    EXPECT_EQ(server.counters().accepted.value(), 2U);
    EXPECT_EQ(server.counters().accept_failures.value(), 1U);
    if (error != ECONNABORTED) {
        EXPECT_THAT(server.witness().troubles(1).front(), testing::HasSubstr("accept"));
    }
    server.abort();
    server.join();
    between.error = 0;
}

TEST(RingAccept, ThatFailsIsNotTheEnd) {
    if (const auto available = find_engine("io_uring")->available(); !available)
        GTEST_SKIP() << available.error().message();
    for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR, EPERM, EPROTO,
                            ENETDOWN, EHOSTUNREACH, EOPNOTSUPP}) {
        SCOPED_TRACE(error);
        expect_survived(error);
    }
}

class RingSubmission : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        if (const auto available = find_engine("io_uring")->available(); !available)
            GTEST_SKIP() << available.error().message();
    }
    void TearDown() override { between.refusal = 0; }
};

INSTANTIATE_TEST_SUITE_P(Serve, RingSubmission, testing::Values(EAGAIN, EBUSY));

TEST_P(RingSubmission, ThatIsRefusedForAWhileIsRepeated) {
    TestServer server(*find_engine("io_uring"));
    auto client = server.connect();
    expect_echo(client, random_bytes(10));
    between.refusal = GetParam();
    send(client, random_bytes(10));
    std::this_thread::sleep_for(300ms);
    between.refusal = 0;
    EXPECT_EQ(receive_exactly(client, 10), random_bytes(10));
}

TEST_P(RingSubmission, ThatIsRefusedForEverEndsTheServer) {
    ServeOptions options;
    Counters counters;
    Witness witness;
    auto drain = *net::StopSignal::create();
    const auto abort = *net::StopSignal::create();
    Service service(options, counters, witness, drain, abort);
    ListenPlan plan;
    plan.hosts = {{net::Endpoint::loopback(net::Family::ipv4)}};
    plan.udp = false;
    between.refusal = GetParam();
    const auto served = find_engine("io_uring")->serve(service, *open_listeners(plan));
    ASSERT_FALSE(served);
    EXPECT_THAT(served.error().message(), testing::HasSubstr("submit"));
    EXPECT_TRUE(drain.raised());
}

// More operations than the queue of the kernel holds, none of which it accepts at first.
TEST(Ring, KeepsOperationsThatTheKernelDoesNotAccept) {
    if (const auto available = Ring::probe(); !available)
        GTEST_SKIP() << available.error().message();
    struct Count final : Completion {
        void complete(int /*result*/, unsigned /*flags*/) noexcept override { ++completed; }
        int completed = 0;
    } count;
    auto readable = *net::StopSignal::create();
    readable.raise();
    auto ring = Ring::create();
    if (!ring)
        GTEST_SKIP() << ring.error().message();
    between.refusal = EAGAIN;
    constexpr int operations = 3000;
    for (int i = 0; i < operations; ++i)
        (*ring)->wait_for(readable.waitable(), POLLIN, count);
    EXPECT_TRUE((*ring)->wait(net::deadline_in(10ms)));
    EXPECT_EQ(count.completed, 0);
    between.refusal = 0;
    const auto deadline = net::deadline_in(test::patience);
    while (count.completed < operations && net::Clock::now() < deadline)
        ASSERT_TRUE((*ring)->wait(net::deadline_in(10ms)));
    EXPECT_EQ(count.completed, operations);
}

}  // namespace
}  // namespace sockbox::serve

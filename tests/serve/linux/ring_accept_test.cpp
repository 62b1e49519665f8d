// Tests of failing accepts in the io_uring engine, by intercepting liburing.
#include <gmock/gmock.h>
#include <liburing.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "tests/serve/every_engine.h"

namespace {

// State of the interceptor between the engine and liburing (the linker's --wrap): it accepts one
// connection at a time, and the second one, that of `failing`, ends with `error`.
struct BetweenThem {
    std::atomic<std::uint64_t> accept{0};  // the user data of the accept operation's completions
    std::atomic<int> error{0};             // 0: no failure
    std::atomic<int> accepted{0};

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
int __real_io_uring_submit_and_wait(io_uring* ring, unsigned count);
int __wrap_io_uring_submit_and_wait(io_uring* ring, unsigned count) {
    between.take_operations(*ring);
    return __real_io_uring_submit_and_wait(ring, count);
}

int __real_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned count,
                                            __kernel_timespec* timeout, sigset_t* signals);
int __wrap_io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** first, unsigned count,
                                            __kernel_timespec* timeout, sigset_t* signals) {
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

}  // namespace
}  // namespace sockbox::serve

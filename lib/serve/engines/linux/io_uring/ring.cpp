// The operations of an io_uring, using liburing.
#include "serve/engines/linux/io_uring/ring.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "system/hint.h"
#include "system/spin.h"

namespace sockbox::serve {
namespace {

// Together with the buffer rings this pins 116 KiB of memory; RLIMIT_MEMLOCK is often 8 MiB.
constexpr unsigned submission_entries = 512;
constexpr unsigned completion_entries = 8 * submission_entries;
constexpr rlim_t pinned_bytes = 116 << 10;

// How long to wait for memory that other rings of this user pin.
constexpr std::chrono::seconds pinning_patience{2};

// The pause before a refused submission is repeated, and how long that may go on.
constexpr int pause_ms = 10;
constexpr std::chrono::seconds refusal_patience{5};

// Every operation that is ever submitted.
constexpr std::array<std::uint8_t, 6> operations{IORING_OP_ACCEPT,       IORING_OP_RECV,
                                                 IORING_OP_SEND,         IORING_OP_POLL_ADD,
                                                 IORING_OP_ASYNC_CANCEL, IORING_OP_TIMEOUT};

tl::unexpected<net::Error> refused(int error, std::string_view what,
                                   net::Hint advice = net::Hint::none) {
    return net::fail({std::error_code(error, std::system_category()),
                      "io_uring",
                      std::string(what),
                      {},
                      net::hint(advice)});
}

net::Hint hint_for(int error) {
    switch (error) {
        case ENOSYS: return net::Hint::no_io_uring;
        case EPERM: return net::Hint::io_uring_disabled;
        case ENOMEM: return net::Hint::locked_memory;
        case EINVAL: return net::Hint::old_kernel;
        default: return net::Hint::none;
    }
}

bool may_pin_a_ring() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= pinned_bytes;
}

// Repeats an attempt that fails with ENOMEM: the kernel frees a ring some time after it was closed,
// so those of a server that has just ended may still count against the limit.
template <class Attempt>
auto once_memory_is_free(const Attempt& attempt) {
    const net::Deadline until = net::deadline_in(pinning_patience);
    for (;;) {
        auto done = attempt();
        if (done || done.error().code != std::errc::not_enough_memory ||
            net::Clock::now() >= until || !may_pin_a_ring())
            return done;
        ::poll(nullptr, 0, pause_ms);
    }
}

__kernel_timespec timespec_of(std::chrono::nanoseconds time) {
    using namespace std::chrono;
    return {time / 1s, (time % 1s).count()};
}

}  // namespace

net::Result<std::unique_ptr<Ring>> Ring::create() {
    return once_memory_is_free([]() -> net::Result<std::unique_ptr<Ring>> {
        std::unique_ptr<Ring> ring(new (std::nothrow) Ring);
        if (!ring)
            return refused(ENOMEM, "setup");
        if (auto opened = ring->open(submission_entries, completion_entries); !opened)
            return net::fail(opened.error());
        if (auto opened = ring->buffers_.open(ring->ring_); !opened)
            return net::fail(opened.error());
        if (auto enabled = ring->restrict_and_enable(); !enabled)
            return net::fail(enabled.error());
        return ring;
    });
}

net::Status Ring::probe() {
    return once_memory_is_free([]() -> net::Status {
        BufferGroup few({0, 64, 1, 1, 1});
        Ring ring;
        if (auto opened = ring.open(1, 2); !opened)
            return opened;
        return few.open(ring.ring_);
    });
}

net::Status Ring::open(unsigned submissions, unsigned completions) {
    io_uring_params params{};
    // SINGLE_ISSUER and DEFER_TASKRUN (Linux 6.1): only the thread that enables the ring submits,
    // and completions are processed only when it waits, not at the end of any system call.
    // R_DISABLED: so that restrictions can be registered first. SUBMIT_ALL: an invalid entry does
    // not hold up those after it (io_uring_setup(2)).
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                   IORING_SETUP_SUBMIT_ALL | IORING_SETUP_R_DISABLED;
    params.cq_entries = completions;
    if (const int rc = io_uring_queue_init_params(submissions, &ring_, &params); rc < 0)
        return refused(-rc, "setup", hint_for(-rc));
    open_ = true;
    return {};
}

// Operations on a ring bypass a seccomp filter, so the ring itself is restricted to what the engine
// uses (io_uring_register(2), IORING_REGISTER_RESTRICTIONS).
net::Status Ring::restrict_and_enable() {
    std::array<io_uring_restriction, operations.size() + 2> allowed{};
    for (std::size_t i = 0; i < operations.size(); ++i) {
        allowed[i].opcode = IORING_RESTRICTION_SQE_OP;
        allowed[i].sqe_op = operations[i];
    }
    allowed[operations.size()].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
    allowed[operations.size()].sqe_flags = IOSQE_BUFFER_SELECT;
    allowed.back().opcode = IORING_RESTRICTION_REGISTER_OP;
    allowed.back().register_op = IORING_UNREGISTER_RING_FDS;
    if (const int rc = io_uring_register_restrictions(&ring_, allowed.data(), allowed.size());
        rc < 0)
        return refused(-rc, "restrictions");
    io_uring_register_ring_fd(&ring_);  // saves a file lookup per call; failure is harmless
    if (const int rc = io_uring_enable_rings(&ring_); rc < 0)
        return refused(-rc, "enable");
    return {};
}

Ring::~Ring() {
    if (open_)
        io_uring_queue_exit(&ring_);
}

// An entry of the submission queue. If it is full, it is passed to the kernel, which empties it; if
// the kernel refuses, for example because memory is short, the operation waits until it does not.
io_uring_sqe& Ring::entry() {
    if (delayed_.empty())
        if (io_uring_sqe* entry = next_entry())
            return *entry;
    try {
        return delayed_.emplace_back();
    } catch (const std::bad_alloc&) {
        io_uring_sqe* entry = nullptr;
        while (!submit_delayed() || (entry = next_entry()) == nullptr)
            ::poll(nullptr, 0, pause_ms);
        return *entry;
    }
}

io_uring_sqe* Ring::next_entry() noexcept {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr && io_uring_submit(&ring_) > 0)
        entry = io_uring_get_sqe(&ring_);
    return entry;
}

// Returns whether none is left.
bool Ring::submit_delayed() noexcept {
    while (!delayed_.empty()) {
        io_uring_sqe* entry = next_entry();
        if (entry == nullptr)
            return false;
        *entry = delayed_.front();
        delayed_.pop_front();
    }
    return true;
}

void Ring::accept_multishot(int listener, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_multishot_accept(&operation, listener, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::receive(int socket, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_recv(&operation, socket, nullptr, 0, 0);
    fill_provided_buffer(operation, completion);
}

void Ring::receive_multishot(int socket, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_recv_multishot(&operation, socket, nullptr, 0, 0);
    fill_provided_buffer(operation, completion);
}

void Ring::fill_provided_buffer(io_uring_sqe& operation, Completion& completion) {
    operation.flags |= IOSQE_BUFFER_SELECT;
    operation.buf_group = buffers_.shape().group;
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::send(int socket, std::span<const std::byte> data, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_send(&operation, socket, data.data(), data.size(), MSG_NOSIGNAL);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::wait_for(int descriptor, unsigned events, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_poll_add(&operation, descriptor, events);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::cancel(Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_cancel(&operation, &completion, 0);
    io_uring_sqe_set_data(&operation, nullptr);
}

// Takes those that are there, and not those that come meanwhile, so that clients who keep sending
// cannot delay what else is to be done. Returns their number.
unsigned Ring::take_completions() {
    std::array<io_uring_cqe*, 64> batch{};
    unsigned taken = 0;
    completed_ = io_uring_cq_ready(&ring_);
    while (taken < completed_) {
        const unsigned most = std::min<unsigned>(completed_ - taken, batch.size());
        const unsigned count = io_uring_peek_batch_cqe(&ring_, batch.data(), most);
        if (count == 0)
            break;
        for (unsigned i = 0; i < count; ++i)
            if (auto* waiting = static_cast<Completion*>(io_uring_cqe_get_data(batch[i])))
                waiting->complete(batch[i]->res, batch[i]->flags);
        io_uring_cq_advance(&ring_, count);
        taken += count;
    }
    return taken;
}

// Arming a timer for each wait costs as much as a system call, and most waits end long before. So
// one timeout stays armed, until it ends some wait.
int Ring::submit_and_wait(net::Deadline deadline) {
    if (deadline == net::long_ago)
        return io_uring_submit_and_get_events(&ring_);
    if (deadline < alarm_.rings_at && alarm_.rings_at != net::no_deadline) {
        __kernel_timespec left = timespec_of(std::max<std::chrono::nanoseconds>(
            deadline - net::Clock::now(), std::chrono::nanoseconds(0)));
        io_uring_cqe* first = nullptr;
        return io_uring_submit_and_wait_timeout(&ring_, &first, 1, &left, nullptr);
    }
    if (deadline < alarm_.rings_at) {
        io_uring_sqe& operation = entry();
        alarm_.time = timespec_of(deadline.time_since_epoch());
        io_uring_prep_timeout(&operation, &alarm_.time, 0, IORING_TIMEOUT_ABS);
        io_uring_sqe_set_data(&operation, static_cast<Completion*>(&alarm_));
        alarm_.rings_at = deadline;
    }
    return io_uring_submit_and_wait(&ring_, 1);
}

net::Result<unsigned> Ring::wait(net::Deadline deadline) {
    submit_delayed();
    const int rc = submit_and_wait(deadline);
    // EBUSY and EAGAIN: completions have to be consumed before more can be submitted, or memory is
    // short (io_uring_enter(2)).
    if (rc == -EBUSY || rc == -EAGAIN)
        return wait_for_progress(-rc);
    if (rc < 0 && rc != -EINTR && rc != -ETIME)
        return refused(-rc, "wait");
    refused_since_ = net::no_deadline;
    return take_completions();
}

// The kernel has neither submitted nor waited, and makes completions available only if asked for.
net::Result<unsigned> Ring::wait_for_progress(int error) {
    io_uring_get_events(&ring_);
    const net::Deadline now = net::Clock::now();
    if (const unsigned taken = take_completions(); taken > 0) {
        refused_since_ = net::no_deadline;
        return taken;
    }
    refused_since_ = std::min(refused_since_, now);
    if (now - refused_since_ >= refusal_patience)
        return refused(error, "submit for 5 seconds");
    ::poll(nullptr, 0, pause_ms);
    return 0;
}

}  // namespace sockbox::serve

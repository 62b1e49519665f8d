// The ring's operations, over liburing.
#include "serve/ring_linux.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace sockbox::serve {
namespace {

constexpr unsigned submission_entries = 1024;
constexpr unsigned completion_entries = 16 * submission_entries;
tl::unexpected<net::Error> refused(int error, std::string_view what, std::string_view hint = {}) {
    return net::fail({std::error_code(error, std::system_category()),
                      "io_uring",
                      std::string(what),
                      {},
                      std::string(hint)});
}

std::string_view hint_for(int error) {
    switch (error) {
        case ENOSYS: return "this kernel is built without io_uring, or a seccomp filter refuses it";
        case EPERM: return "sysctl kernel.io_uring_disabled or a seccomp filter refuses it";
        case ENOMEM: return "ulimit -l (RLIMIT_MEMLOCK) may be too low";
        case EINVAL: return "io_uring here needs Linux 6.1";
        default: return {};
    }
}

}  // namespace

net::Result<std::unique_ptr<Ring>> Ring::create() {
    std::unique_ptr<Ring> ring(new (std::nothrow) Ring);
    if (!ring)
        return refused(ENOMEM, "setup");
    if (auto opened = ring->open(); !opened)
        return net::fail(opened.error());
    return ring;
}

net::Status Ring::open() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                   IORING_SETUP_SUBMIT_ALL;
    params.cq_entries = completion_entries;
    if (const int rc = io_uring_queue_init_params(submission_entries, &ring_, &params); rc < 0)
        return refused(-rc, "setup", hint_for(-rc));
    open_ = true;
    io_uring_register_ring_fd(&ring_);  // saves a lookup a call; no harm where it fails
    for (BufferGroup* group : {&small_, &large_})
        if (auto opened = group->open(ring_); !opened)
            return opened;
    return {};
}

Ring::~Ring() {
    if (open_)
        io_uring_queue_exit(&ring_);
}

io_uring_sqe& Ring::entry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    while (entry == nullptr) {
        io_uring_submit(&ring_);
        entry = io_uring_get_sqe(&ring_);
    }
    return *entry;
}

void Ring::accept_many(int listener, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_multishot_accept(&operation, listener, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::receive_many(int socket, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_recv_multishot(&operation, socket, nullptr, 0, 0);
    operation.flags |= IOSQE_BUFFER_SELECT;
    operation.buf_group = small_.shape().group;
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::receive_bulk(int socket, bool wait_first, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_recv(&operation, socket, nullptr, large_.shape().buffer_bytes, 0);
    operation.flags |= IOSQE_BUFFER_SELECT;
    if (wait_first)
        operation.ioprio |= IORING_RECVSEND_POLL_FIRST;
    operation.buf_group = large_.shape().group;
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::send(int socket, std::span<const std::byte> data, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_send(&operation, socket, data.data(), data.size(), MSG_NOSIGNAL);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::wait_readable(int descriptor, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_poll_add(&operation, descriptor, POLLIN);
    io_uring_sqe_set_data(&operation, &completion);
}

void Ring::cancel(Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_cancel(&operation, &completion, 0);
    io_uring_sqe_set_data(&operation, nullptr);
}

// What they lead to may complete at once: goes on until there are none.
void Ring::take_completions() {
    std::array<io_uring_cqe*, 64> batch{};
    while (const unsigned count = io_uring_peek_batch_cqe(&ring_, batch.data(), batch.size())) {
        for (unsigned i = 0; i < count; ++i)
            if (auto* waiting = static_cast<Completion*>(io_uring_cqe_get_data(batch[i])))
                waiting->complete(batch[i]->res, batch[i]->flags);
        io_uring_cq_advance(&ring_, count);
    }
}

net::Status Ring::wait(net::Deadline deadline) {
    using namespace std::chrono;
    io_uring_cqe* first = nullptr;
    int rc = 0;
    if (deadline == net::no_deadline) {
        rc = io_uring_submit_and_wait(&ring_, 1);
    } else {
        const auto left = std::max<nanoseconds>(deadline - net::Clock::now(), nanoseconds(0));
        __kernel_timespec timeout{left / 1s, (left % 1s).count()};
        rc = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
    }
    // EBUSY and EAGAIN: completions have to be taken before more can be submitted.
    if (rc < 0 && rc != -EINTR && rc != -ETIME && rc != -EBUSY && rc != -EAGAIN)
        return refused(-rc, "wait");
    take_completions();
    return {};
}

}  // namespace sockbox::serve

// The ring's operations and buffers, over liburing.
#include "serve/ring_linux.h"

#include <algorithm>
#include <cerrno>

namespace sockbox::serve {
namespace {

constexpr unsigned submission_entries = 1024;
constexpr unsigned completion_entries = 16 * submission_entries;
constexpr int buffer_group = 0;

// Buffers come in slabs, as they are needed: a slow peer keeps two of them, and few are slow.
constexpr unsigned slab_buffers = 16;
constexpr unsigned most_buffers = 16384;  // a power of two

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
    free_list_memory_ = allocate_pages(most_buffers * sizeof(io_uring_buf));
    if (!free_list_memory_)
        return refused(ENOMEM, "buffers");
    free_list_ = static_cast<io_uring_buf_ring*>(static_cast<void*>(free_list_memory_.get()));
    io_uring_buf_ring_init(free_list_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(free_list_);
    registration.ring_entries = most_buffers;
    registration.bgid = buffer_group;
    if (const int rc = io_uring_register_buf_ring(&ring_, &registration, 0); rc < 0)
        return refused(-rc, "buffers", hint_for(-rc));
    slabs_.reserve(most_buffers / slab_buffers);
    if (!add_buffers())
        return refused(ENOMEM, "buffers");
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

void Ring::receive(int socket, Completion& completion) {
    io_uring_sqe& operation = entry();
    io_uring_prep_recv(&operation, socket, nullptr, buffer_bytes, 0);
    operation.flags |= IOSQE_BUFFER_SELECT;
    operation.buf_group = buffer_group;
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

std::span<std::byte> Ring::buffer(unsigned number) noexcept {
    return {slabs_[number / slab_buffers].get() + number % slab_buffers * buffer_bytes,
            buffer_bytes};
}

void Ring::give_back(unsigned number) noexcept {
    io_uring_buf_ring_add(free_list_, buffer(number).data(), buffer_bytes,
                          static_cast<unsigned short>(number), io_uring_buf_ring_mask(most_buffers),
                          0);
    io_uring_buf_ring_advance(free_list_, 1);
}

bool Ring::add_buffers() noexcept {
    const auto first = static_cast<unsigned>(slabs_.size()) * slab_buffers;
    if (first == most_buffers)
        return false;
    Pages slab = allocate_pages(slab_buffers * buffer_bytes);
    if (!slab)
        return false;
    slabs_.push_back(std::move(slab));  // its room is reserved
    for (unsigned i = 0; i < slab_buffers; ++i)
        give_back(first + i);
    return true;
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
    io_uring_cqe* cqe = nullptr;
    while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
        auto* completion = static_cast<Completion*>(io_uring_cqe_get_data(cqe));
        const int result = cqe->res;
        const unsigned flags = cqe->flags;
        io_uring_cqe_seen(&ring_, cqe);
        if (completion != nullptr)
            completion->complete(result, flags);
    }
    return {};
}

}  // namespace sockbox::serve

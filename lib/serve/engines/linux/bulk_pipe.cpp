// By splice(2) through a pipe(7).
#include "serve/engines/bulk_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>

#include "system/host.h"

namespace sockbox::serve {
namespace {

// Larger pipes gain no more with messages of up to 1 MiB, and hold more for a slow peer.
constexpr int wanted_capacity = 256 * 1024;
// Smaller than this, recv(2) moves more at a time. Users who exceed their share of pipe buffers get
// pipes of 8 KiB (pipe(7)).
constexpr int least_capacity = 64 * 1024;

net::Transfer outcome(ssize_t moved) noexcept {
    using State = net::Transfer::State;
    if (moved > 0)
        return {State::done, static_cast<std::size_t>(moved), {}};
    if (moved == 0 || errno == EAGAIN || errno == EINTR)
        return {State::would_block, 0, {}};
    return {State::failed, 0, {errno, std::system_category()}};
}

bool is_scarce(int descriptor) noexcept {
    const auto limit = net::descriptor_limit();
    return limit && static_cast<std::size_t>(descriptor) >= *limit / 2;
}

std::atomic<unsigned> existing{0};

}  // namespace

std::unique_ptr<BulkPipe> BulkPipe::create() noexcept {
    std::array<int, 2> ends{};
    if (existing >= max_pipes || ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return nullptr;
    net::Socket out(ends[0]);
    net::Socket in(ends[1]);
    int capacity = ::fcntl(ends[1], F_SETPIPE_SZ, wanted_capacity);
    if (capacity < 0)
        capacity = ::fcntl(ends[1], F_GETPIPE_SZ);
    if (capacity < least_capacity || is_scarce(ends[1]))
        return nullptr;
    return std::unique_ptr<BulkPipe>(new (std::nothrow) BulkPipe(
        std::move(out), std::move(in), static_cast<std::size_t>(capacity)));
}

BulkPipe::BulkPipe(net::Socket out, net::Socket in, std::size_t capacity) noexcept
    : out_(std::move(out)), in_(std::move(in)), capacity_(capacity) {
    ++existing;
}

BulkPipe::~BulkPipe() {
    --existing;
}

void BulkPipe::forbid() noexcept {
    existing = max_pipes;
}

net::Transfer BulkPipe::fill(const net::Socket& from) noexcept {
    const net::Transfer filled = outcome(::splice(from.native(), nullptr, in_.native(), nullptr,
                                                  capacity_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
    held_ += filled.bytes;
    return filled;
}

net::Transfer BulkPipe::drain(const net::Socket& to) noexcept {
    const net::Transfer drained = outcome(::splice(out_.native(), nullptr, to.native(), nullptr,
                                                   held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
    held_ -= drained.bytes;
    return drained;
}

}  // namespace sockbox::serve

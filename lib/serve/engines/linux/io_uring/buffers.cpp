// Registers, hands out and grows a group of provided buffers.
#include "serve/engines/linux/io_uring/buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "system/hint.h"

namespace sockbox::serve {
namespace {

tl::unexpected<net::Error> refused(int error) {
    return net::fail({std::error_code(error, std::system_category()),
                      "io_uring",
                      "buffers",
                      {},
                      net::hint(error == ENOMEM ? net::Hint::locked_memory : net::Hint::none)});
}

}  // namespace

net::Status BufferGroup::open(io_uring& ring) {
    free_list_memory_ = net::allocate_pages(shape_.max_listed * sizeof(io_uring_buf));
    if (!free_list_memory_)
        return refused(ENOMEM);
    free_list_ = static_cast<io_uring_buf_ring*>(static_cast<void*>(free_list_memory_.get()));
    io_uring_buf_ring_init(free_list_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(free_list_);
    registration.ring_entries = shape_.max_listed;
    registration.bgid = shape_.group;
    if (const int rc = io_uring_register_buf_ring(&ring, &registration, 0); rc < 0)
        return refused(-rc);
    slabs_.reserve(shape_.max_buffers / shape_.slab_buffers);
    if (!grow())
        return refused(ENOMEM);
    return {};
}

RingBuffer& BufferGroup::filled(unsigned flags, std::uint32_t bytes) noexcept {
    const unsigned number = flags >> IORING_CQE_BUFFER_SHIFT;
    RingBuffer& buffer = slabs_[number / shape_.slab_buffers].buffers[number % shape_.slab_buffers];
    buffer.begin = 0;
    buffer.end = bytes;
    --listed_;
    if (unlisted_ != nullptr)
        list(*std::exchange(unlisted_, unlisted_->next));
    return buffer;
}

void BufferGroup::give_back(RingBuffer& buffer) noexcept {
    if (listed_ < shape_.max_listed)
        return list(buffer);
    buffer.next = std::exchange(unlisted_, &buffer);
    buffer.spare = has_unused_ = true;
}

// Page by page, because the buffers in use may lie anywhere.
void BufferGroup::give_back_memory() noexcept {
    if (!std::exchange(has_unused_, false))
        return;
    const auto page = static_cast<std::uint32_t>(net::page_alignment);
    const unsigned together = std::max(page / shape_.buffer_bytes, 1U);
    for (const Slab& slab : slabs_)
        for (unsigned i = 0; i < shape_.slab_buffers; i += together) {
            const std::span buffers(slab.buffers.get() + i, together);
            const bool unused =
                std::ranges::all_of(buffers, [](const RingBuffer& buffer) { return buffer.spare; });
            const bool cold =
                std::ranges::all_of(buffers, [](const RingBuffer& buffer) { return buffer.cold; });
            if (!unused || cold)
                continue;
            ::madvise(buffers.front().data, std::size_t{together} * shape_.buffer_bytes,
                      MADV_DONTNEED);
            for (RingBuffer& buffer : buffers)
                buffer.cold = true;
        }
}

void BufferGroup::list(RingBuffer& buffer) noexcept {
    buffer.spare = buffer.cold = false;
    io_uring_buf_ring_add(free_list_, buffer.data, shape_.buffer_bytes, buffer.number,
                          io_uring_buf_ring_mask(shape_.max_listed), 0);
    io_uring_buf_ring_advance(free_list_, 1);
    ++listed_;
}

bool BufferGroup::grow() noexcept {
    if (slabs_.size() == slabs_.capacity())
        return false;
    Slab slab{net::allocate_pages(std::size_t{shape_.slab_buffers} * shape_.buffer_bytes),
              std::unique_ptr<RingBuffer[]>(new (std::nothrow) RingBuffer[shape_.slab_buffers])};
    if (!slab.memory || !slab.buffers)
        return false;
    const std::size_t first = slabs_.size() * shape_.slab_buffers;
    slabs_.push_back(std::move(slab));  // within reserve(): does not allocate
    for (unsigned i = 0; i < shape_.slab_buffers; ++i) {
        RingBuffer& buffer = slabs_.back().buffers[i];
        buffer.data = slabs_.back().memory.get() + std::size_t{i} * shape_.buffer_bytes;
        buffer.home = this;
        buffer.number = static_cast<std::uint16_t>(first + i);
        buffer.cold = true;
        give_back(buffer);
    }
    return true;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): slabs_ holds it

}  // namespace sockbox::serve

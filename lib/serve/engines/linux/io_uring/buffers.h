// Provided buffers of an io_uring: the kernel takes one only when there is data to put into it.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "system/memory.h"
#include "system/result.h"

namespace sockbox::serve {

class BufferGroup;

// Belongs to the kernel until a receive has filled it, then to the receiver until give_back().
struct RingBuffer {
    std::byte* data = nullptr;
    BufferGroup* home = nullptr;
    RingBuffer* next = nullptr;  // the next in a BufferQueue, or of the unlisted buffers
    std::uint32_t begin = 0;     // the bytes still to send: [begin, end)
    std::uint32_t end = 0;
    std::uint16_t number = 0;
    bool spare = false;  // free, and not in the kernel's ring
    bool cold = false;   // its memory was given back
};

// Buffers of one size, registered with a ring as a group (io_uring_register_buf_ring(3)). They are
// allocated in slabs as needed, so unused ones cost no memory. The kernel pins the ring of free
// buffers in memory and counts it against RLIMIT_MEMLOCK, which may be small: so that ring is
// short, and free buffers beyond it wait in a list; their memory can be given back to the system.
// Used by the ring's thread only.
class BufferGroup {
  public:
    struct Shape {
        std::uint16_t group;
        std::uint32_t buffer_bytes;
        unsigned slab_buffers;  // at most max_listed
        unsigned max_buffers;   // at most 65536: buffer IDs have 16 bits
        unsigned max_listed;    // a power of two
    };

    explicit BufferGroup(const Shape& shape) : shape_(shape) {}
    BufferGroup(const BufferGroup&) = delete;
    BufferGroup& operator=(const BufferGroup&) = delete;

    // Registers the group and allocates its first slab. The group must outlive the ring.
    net::Status open(io_uring& ring);

    const Shape& shape() const noexcept { return shape_; }

    // The buffer that the flags of a completion name, now holding `bytes` bytes.
    RingBuffer& filled(unsigned flags, std::uint32_t bytes) noexcept;
    // Returns a buffer to the kernel, or to the waiting list if the kernel's ring is full.
    void give_back(RingBuffer& buffer) noexcept;

    // Whether the kernel has more buffers to fill than `taken`; allocates another slab if it has
    // not. False if max_buffers are in use, max_listed are free, or memory runs out.
    bool has_free(unsigned taken) noexcept {
        return listed_ > taken || (listed_ < shape_.max_listed && grow());
    }

    // Whether memory has become unused since the last give_back_memory(), which gives back that of
    // free buffers (madvise(2)). Free buffers in the kernel's ring keep theirs.
    bool has_unused() const noexcept { return has_unused_; }
    void give_back_memory() noexcept;

  private:
    struct Slab {
        net::Pages memory;
        std::unique_ptr<RingBuffer[]> buffers;
    };

    bool grow() noexcept;
    void list(RingBuffer& buffer) noexcept;

    Shape shape_;
    net::Pages free_list_memory_;
    io_uring_buf_ring* free_list_ = nullptr;
    unsigned listed_ = 0;
    bool has_unused_ = false;
    RingBuffer* unlisted_ = nullptr;  // free buffers that do not fit into the kernel's ring
    std::vector<Slab> slabs_;
};

// The buffers of one connection that wait to be sent, in order. Does not own them.
class BufferQueue {
  public:
    bool empty() const noexcept { return last_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    RingBuffer& first() noexcept { return *last_->next; }
    RingBuffer& last() noexcept { return *last_; }

    void push(RingBuffer& buffer) noexcept {
        buffer.next = empty() ? &buffer : std::exchange(last_->next, &buffer);
        last_ = &buffer;
        ++size_;
    }
    RingBuffer& pop() noexcept {
        RingBuffer& popped = first();
        last_->next = popped.next;
        if (--size_ == 0)
            last_ = nullptr;
        return popped;
    }

  private:
    RingBuffer* last_ = nullptr;  // followed by the first one
    std::uint32_t size_ = 0;
};

}  // namespace sockbox::serve

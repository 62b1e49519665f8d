// Buffers that a ring receives into: the kernel takes one when there is something to put in it.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "system/memory.h"
#include "system/result.h"

namespace sockbox::serve {

class BufferGroup;

// The kernel's until a receive has filled it, then its receiver's until it is given back.
struct RingBuffer {
    std::byte* data = nullptr;
    BufferGroup* home = nullptr;
    RingBuffer* next = nullptr;  // of those that wait to be sent, or to be listed
    std::uint32_t begin = 0;     // what is left to send
    std::uint32_t end = 0;
    std::uint16_t number = 0;
};

// Buffers of one size, registered with a ring under a number (io_uring_register_buf_ring(3)). They
// come in slabs as they are needed, so those that nobody fills cost no memory. The list of those
// that the kernel may fill next is memory that it locks, of which a user may have little: it is
// short, and the other free ones wait to be put on it.
class BufferGroup {
  public:
    struct Shape {
        std::uint16_t group;
        std::uint32_t buffer_bytes;
        unsigned slab_buffers;  // at most as many as there are listed
        unsigned most_buffers;  // at most 65536
        unsigned most_listed;   // a power of two
    };

    explicit BufferGroup(const Shape& shape) : shape_(shape) {}
    BufferGroup(const BufferGroup&) = delete;
    BufferGroup& operator=(const BufferGroup&) = delete;

    // Registers the group, with its first slab. The group outlives the ring.
    net::Status open(io_uring& ring);

    const Shape& shape() const noexcept { return shape_; }

    // The buffer that a completion's flags tell of, holding that many bytes.
    RingBuffer& filled(unsigned flags, std::uint32_t bytes) noexcept;
    void give_back(RingBuffer& buffer) noexcept;

    // Whether the kernel has a buffer to fill; makes a slab more where it has none. False when
    // there are as many as there may be, or no memory.
    bool has_free() noexcept { return listed_ > 0 || grow(); }

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
    RingBuffer* unlisted_ = nullptr;  // free ones for which the list has no room
    std::vector<Slab> slabs_;
};

// The buffers of one connection that wait to be sent, in order; it does not own them.
class BufferQueue {
  public:
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    RingBuffer& first() noexcept { return *first_; }
    RingBuffer& last() noexcept { return *last_; }

    void push(RingBuffer& buffer) noexcept {
        buffer.next = nullptr;
        (first_ == nullptr ? first_ : last_->next) = &buffer;
        last_ = &buffer;
        ++size_;
    }
    RingBuffer& pop() noexcept {
        RingBuffer& popped = *first_;
        first_ = popped.next;
        --size_;
        return popped;
    }

  private:
    RingBuffer* first_ = nullptr;
    RingBuffer* last_ = nullptr;
    std::uint32_t size_ = 0;
};

}  // namespace sockbox::serve

// The memory in which the kernel keeps TCP sockets, copied of many at once: what is the same in two
// of them need not be asked for twice.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "net/kernel_layout.h"
#include "net/result.h"
#include "net/socket.h"

namespace sockbox::net {

// The bytes of one socket, for same_in() alone: what they mean is the kernel's business. Empty
// where there are none.
using SocketImage = std::span<const std::byte>;

// Whether two images, neither of them empty, have the same there. The option then has the same
// value for both sockets, if they are of one kind and in one network namespace.
bool same_in(const OptionPlace& place, SocketImage a, SocketImage b) noexcept;

// What SocketImages took.
class Images {
  public:
    // Empty where the socket was no TCP socket of the thread then. Points into this object.
    SocketImage of(const Socket& socket) const noexcept;
    std::size_t size() const noexcept { return filled_ / record_size_; }

  private:
    friend class SocketImages;
    bool make_room(std::size_t bytes);

    std::size_t record_size_ = 1;
    std::size_t filled_ = 0;
    std::vector<std::byte> records_;  // the room stays from one take to the next
};

// Takes images of a thread's own sockets, by a BPF program that runs over its descriptors: a
// microsecond a socket, where getsockopt takes that for two or three options. Nothing is changed.
class SocketImages {
  public:
    // For the sockets of the calling thread, which is to be the one that uses and destroys it: it
    // may have a table of descriptors for itself. Fails where KernelLayout has none, before
    // Linux 6.1, and where the kernel is locked down.
    static Result<SocketImages> open();

    // Null where the option has to be asked for.
    const OptionPlace* place_of(const OptionRow& row) const noexcept {
        return layout_->place_of(row);
    }

    // Of every TCP socket that the thread has open now, in place of what was in `images`. Memory
    // grows with their number: some 3 KiB each. Fails on another thread, and without memory.
    Status take(Images& images) const;

  private:
    SocketImages(const KernelLayout& layout, Socket program, int thread) noexcept
        : layout_(&layout), program_(std::move(program)), thread_(thread) {}

    const KernelLayout* layout_;
    Socket program_;  // at its place
    int thread_;
};

}  // namespace sockbox::net

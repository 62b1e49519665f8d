// Page-aligned memory, memory shared with forked processes, and out-of-memory errors.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

// The kernel copies to and from page-aligned buffers about twice as fast (measured with 16 to 64
// KiB). Large allocations are usually not page-aligned, because the allocator's header comes first.
inline constexpr std::align_val_t page_alignment{4096};

// Frees what allocate_pages() allocated.
struct FreePages {
    // Null has no effect.
    void operator()(std::byte* pages) const noexcept { ::operator delete[](pages, page_alignment); }
};

// Owns pages.
using Pages = std::unique_ptr<std::byte[], FreePages>;

// Allocates uninitialized memory: pages that are never written take up none. Null if out of memory.
inline Pages allocate_pages(std::size_t bytes) noexcept {
    return Pages(static_cast<std::byte*>(::operator new[](bytes, page_alignment, std::nothrow)));
}

// Such memory together with its size. Throws std::bad_alloc if out of memory.
class PageBuffer {
  public:
    // Allocates `size` bytes.
    explicit PageBuffer(std::size_t size) : pages_(allocate_pages(size)), size_(size) {
        if (!pages_)
            throw std::bad_alloc();
    }

    // The memory and its size in bytes.
    std::size_t size() const noexcept { return size_; }
    std::span<std::byte> bytes() noexcept { return {pages_.get(), size_}; }

  private:
    Pages pages_;
    std::size_t size_;
};

// Allocates zeroed memory that stays shared with forked children (mmap(2), MAP_SHARED); null on
// failure. On Windows, which has no fork, it is ordinary memory.
void* map_shared(std::size_t bytes) noexcept;
void unmap_shared(void* memory, std::size_t bytes) noexcept;

// Owns a T in memory that is shared with forked children. Access from several processes at once
// requires lock-free atomics, which work across processes; a mutex or a non-lock-free atomic does
// not. T is trivially destructible, so that destruction only unmaps the memory from the calling
// process.
template <class T>
class Shared {
  public:
    static_assert(std::is_trivially_destructible_v<T>);

    // Fails with std::errc::not_enough_memory.
    static Result<Shared> create() {
        void* memory = map_shared(sizeof(T));
        if (memory == nullptr)
            return fail_last("map shared memory");
        return Shared(new (memory) T());
    }

    // The object.
    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_.get(); }

  private:
    struct Unmap {
        void operator()(T* object) const noexcept { unmap_shared(object, sizeof(T)); }
    };
    explicit Shared(T* object) noexcept : object_(object) {}

    std::unique_ptr<T, Unmap> object_;
};

// std::errc::not_enough_memory as an Error. Allocates nothing as long as `action` fits into the
// small-string buffer (15 bytes in libstdc++).
inline Error out_of_memory(std::string action) {
    return {platform::error_of(std::errc::not_enough_memory), std::move(action), {}, {}, {}};
}

// Returns the Result of `act`, or out_of_memory() if it throws std::bad_alloc.
template <class Act>
auto unless_out_of_memory(const char* action, const Act& act) -> decltype(act()) {
    try {
        return act();
    } catch (const std::bad_alloc&) {
        return fail(out_of_memory(action));
    }
}

}  // namespace sockbox::net

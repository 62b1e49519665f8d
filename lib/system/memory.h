// Memory that begins on a page, memory that forked processes share, and memory that ran out.
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

// Off a page boundary, where large allocations usually begin, the kernel's copies run at half the
// rate (measured at 16 to 64 KiB).
inline constexpr std::align_val_t page_alignment{4096};

struct FreePages {
    void operator()(std::byte* pages) const noexcept { ::operator delete[](pages, page_alignment); }
};

using Pages = std::unique_ptr<std::byte[], FreePages>;

// Uninitialized, so that pages never written to cost no memory; null when there is none left.
inline Pages allocate_pages(std::size_t bytes) noexcept {
    return Pages(static_cast<std::byte*>(::operator new[](bytes, page_alignment, std::nothrow)));
}

// The same, of a size that it knows; throws std::bad_alloc when there is none left.
class PageBuffer {
  public:
    explicit PageBuffer(std::size_t size) : pages_(allocate_pages(size)), size_(size) {
        if (!pages_)
            throw std::bad_alloc();
    }

    std::size_t size() const noexcept { return size_; }
    std::span<std::byte> bytes() noexcept { return {pages_.get(), size_}; }

  private:
    Pages pages_;
    std::size_t size_;
};

// Zeroed memory that a forked child sees changing; null where there is none. Windows has no fork,
// and any memory will do there.
void* map_shared(std::size_t bytes) noexcept;
void unmap_shared(void* memory, std::size_t bytes) noexcept;

// Owns a T. Only what is lock-free may be written by several processes. A child never destroys
// what it inherited.
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

    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_.get(); }

  private:
    struct Unmap {
        void operator()(T* object) const noexcept { unmap_shared(object, sizeof(T)); }
    };
    explicit Shared(T* object) noexcept : object_(object) {}

    std::unique_ptr<T, Unmap> object_;
};

// The error. Creating it allocates nothing as long as `action` fits the small-string buffer.
inline Error out_of_memory(std::string action) {
    return {platform::error_of(std::errc::not_enough_memory), std::move(action), {}, {}, {}};
}

// Returns what `act` returns (a Result), or the error if it throws std::bad_alloc.
template <class Act>
auto unless_out_of_memory(const char* action, const Act& act) -> decltype(act()) {
    try {
        return act();
    } catch (const std::bad_alloc&) {
        return fail(out_of_memory(action));
    }
}

}  // namespace sockbox::net

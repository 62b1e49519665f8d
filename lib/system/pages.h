// Memory that begins on a page.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

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

}  // namespace sockbox::net

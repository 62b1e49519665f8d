// A buffer for bulk transfers, aligned to a page.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace sockbox::net {

// Uninitialized bytes, so that pages never used cost no memory. Off a page boundary, where large
// allocations usually begin, the kernel's copies run at half the rate (measured at 16 to 64 KiB).
class PageBuffer {
  public:
    explicit PageBuffer(std::size_t size)
        : bytes_(static_cast<std::byte*>(::operator new(size, page))), size_(size) {}

    std::size_t size() const noexcept { return size_; }
    std::span<std::byte> bytes() noexcept { return {bytes_.get(), size_}; }

  private:
    static constexpr std::align_val_t page{4096};
    struct Free {
        void operator()(std::byte* bytes) const noexcept { ::operator delete(bytes, page); }
    };

    std::unique_ptr<std::byte, Free> bytes_;
    std::size_t size_;
};

}  // namespace sockbox::net

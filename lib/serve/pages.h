// Memory that begins on a page: copies to and from the kernel run at half the speed elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace sockbox::serve {

inline constexpr std::align_val_t page_alignment{4096};

struct FreePages {
    void operator()(std::byte* pages) const noexcept { ::operator delete[](pages, page_alignment); }
};

using Pages = std::unique_ptr<std::byte[], FreePages>;

// Uninitialized, so that pages never written to cost no memory; null when there is none left.
inline Pages allocate_pages(std::size_t bytes) noexcept {
    return Pages(static_cast<std::byte*>(::operator new[](bytes, page_alignment, std::nothrow)));
}

}  // namespace sockbox::serve

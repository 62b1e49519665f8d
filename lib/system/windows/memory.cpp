// Substitute for shared memory on Windows, which has no fork: ordinary memory.
#include "system/memory.h"

#include "system/platform.h"

namespace sockbox::net {

void* map_shared(std::size_t bytes) noexcept {
    return ::VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void unmap_shared(void* memory, std::size_t /*bytes*/) noexcept {
    ::VirtualFree(memory, 0, MEM_RELEASE);
}

}  // namespace sockbox::net

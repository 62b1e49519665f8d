// Shared memory on Linux, by an anonymous mapping (mmap(2)).
#include "system/memory.h"

#include <sys/mman.h>

namespace sockbox::net {

void* map_shared(std::size_t bytes) noexcept {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

void unmap_shared(void* memory, std::size_t bytes) noexcept {
    ::munmap(memory, bytes);
}

}  // namespace sockbox::net

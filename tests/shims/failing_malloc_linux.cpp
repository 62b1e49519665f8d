// Preloaded into a server: from its first accept4(2) on, one allocation of twenty fails.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);

namespace {

std::atomic<bool> begun{false};

// The same failures in every run: a linear congruential sequence (Knuth's MMIX).
bool fails() {
    static std::atomic<std::uint64_t> count{0};
    if (!begun)
        return false;
    const std::uint64_t number = count.fetch_add(1);
    const std::uint64_t random = (number * 6364136223846793005U + 1442695040888963407U) >> 33;
    if (random % 20 != 0)
        return false;
    errno = ENOMEM;
    return true;
}

// In any program: after as many allocations as FAILING_MALLOC_AFTER tells, if it does.
bool is_late_enough() {
    static const char* const after = std::getenv("FAILING_MALLOC_AFTER");
    static std::atomic<long> left{after == nullptr ? 0 : std::atol(after)};
    return after != nullptr && left.fetch_sub(1) <= 0;
}

void begin_when_it_is_time() {
    if (!begun && is_late_enough())
        begun = true;
}

}  // namespace

extern "C" int accept4(int listener, sockaddr* peer, socklen_t* length, int flags) {
    begun = true;
    return static_cast<int>(::syscall(SYS_accept4, listener, peer, length, flags));
}

extern "C" void* malloc(std::size_t size) {
    begin_when_it_is_time();
    return fails() ? nullptr : __libc_malloc(size);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return fails() ? nullptr : __libc_memalign(alignment, size);
}

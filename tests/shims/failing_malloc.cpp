// LD_PRELOAD library: from the first client on, one allocation in twenty fails.
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

// The environment variable SEED determines which allocations fail.
std::uint64_t seed() {
    const char* text = std::getenv("SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : 0;
}

// The finalizer of SplitMix64 (Steele, Lea, Flood), a bijection.
std::uint64_t scrambled(std::uint64_t number) {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31);
}

bool fails() {
    if (!begun)
        return false;
    static std::atomic<std::uint64_t> count{seed() << 32};
    if (scrambled(count.fetch_add(1)) % 20 != 0)
        return false;
    errno = ENOMEM;
    return true;
}

// In any program: once FAILING_MALLOC_AFTER allocations have succeeded, if that is set.
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

// The io_uring engine does not call accept4(), but then calls getpeername(). So do clients, for
// which FAILING_MALLOC_AFTER is set.
extern "C" int getpeername(int socket, sockaddr* peer, socklen_t* length) {
    if (std::getenv("FAILING_MALLOC_AFTER") == nullptr)
        begun = true;
    return static_cast<int>(::syscall(SYS_getpeername, socket, peer, length));
}

extern "C" void* malloc(std::size_t size) {
    begin_when_it_is_time();
    return fails() ? nullptr : __libc_malloc(size);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return fails() ? nullptr : __libc_memalign(alignment, size);
}

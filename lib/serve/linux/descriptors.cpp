// By close_range(2), or one by one.
#include "serve/linux/descriptors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "system/host.h"

namespace sockbox::serve {
namespace {

void close_between(unsigned first, unsigned last) noexcept {
    if (first > last || ::close_range(first, last, 0) == 0)
        return;
    // Before Linux 5.9, or refused by a seccomp filter.
    const std::size_t limit = net::descriptor_limit().value_or(65536);
    for (unsigned descriptor = first; descriptor <= last && descriptor < limit; ++descriptor)
        ::close(static_cast<int>(descriptor));
}

}  // namespace

void close_all_but(std::span<const int> kept) noexcept {
    std::array<int, 8> sorted{};
    const std::size_t count = std::min(kept.size(), sorted.size());
    std::copy_n(kept.begin(), count, sorted.begin());
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
    unsigned next = STDERR_FILENO + 1;
    for (const int descriptor : std::span(sorted).first(count)) {
        const auto number = static_cast<unsigned>(descriptor);
        if (number < next)
            continue;
        close_between(next, number - 1);
        next = number + 1;
    }
    close_between(next, UINT_MAX);
}

void close_sockets_but(int kept) noexcept {
    const std::size_t limit = std::min<std::size_t>(net::descriptor_limit().value_or(65536), 65536);
    for (int descriptor = 0; std::cmp_less(descriptor, limit); ++descriptor) {
        struct stat found {};
        if (descriptor != kept && ::fstat(descriptor, &found) == 0 && S_ISSOCK(found.st_mode))
            ::close(descriptor);
    }
}

}  // namespace sockbox::serve

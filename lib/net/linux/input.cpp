// Reads files on Linux, where poll(2) accepts every kind of descriptor.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "net/input.h"

namespace sockbox::net {

Transfer read_input(int file, std::span<std::byte> into, const StopSignal* stop) noexcept {
    if (stop != nullptr) {
        std::array<pollfd, 2> entries{{{file, POLLIN, 0}, {stop->waitable(), POLLIN, 0}}};
        while (platform::poll(entries, -1) < 0 && errno == EINTR) {
        }
        if (entries[0].revents == 0 && entries[1].revents != 0)
            return {Transfer::State::would_block, 0, {}};
    }
    const std::ptrdiff_t got = platform::read_file(file, into);
    if (got > 0)
        return {Transfer::State::done, static_cast<std::size_t>(got), {}};
    const std::error_code error = got < 0 ? platform::last_file_error() : std::error_code();
    if (error && error != std::errc::bad_file_descriptor)
        return {Transfer::State::failed, 0, error};
    return {Transfer::State::end, 0, {}};
}

std::optional<std::uint64_t> bytes_left(int file) noexcept {
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    const off_t at = ::lseek(file, 0, SEEK_CUR);
    if (at < 0 || at > status.st_size)
        return std::nullopt;
    return static_cast<std::uint64_t>(status.st_size - at);
}

}  // namespace sockbox::net

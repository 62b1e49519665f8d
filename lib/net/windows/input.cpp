// Reads files on Windows, where no call waits for a pipe and a socket at once.
#include "net/input.h"

#include <io.h>

#include <algorithm>
#include <array>

namespace sockbox::net {
namespace {

// The maximum delay in noticing data in a pipe; the first waits are shorter, so that data that
// arrives soon is not delayed.
constexpr int longest_wait_ms = 16;

// Whether the pipe has data, is at EOF, or cannot be peeked at.
bool can_read(HANDLE pipe) noexcept {
    DWORD waiting = 0;
    return !::PeekNamedPipe(pipe, nullptr, 0, nullptr, &waiting, nullptr) || waiting != 0;
}

// Waits until the pipe can be read; returns false if `stop` is raised first.
bool await_pipe(HANDLE pipe, const StopSignal& stop) noexcept {
    for (int wait_ms = 1; !can_read(pipe); wait_ms = std::min(wait_ms * 2, longest_wait_ms)) {
        std::array<PollEntry, 1> entries{};
        entries[0].fd = stop.waitable();
        entries[0].events = POLLIN;
        if (platform::poll(entries, wait_ms) > 0)
            return false;
    }
    return true;
}

}  // namespace

Transfer read_input(int file, std::span<std::byte> into, const StopSignal* stop) noexcept {
    const auto handle = reinterpret_cast<HANDLE>(::_get_osfhandle(file));
    const bool is_pipe = ::GetFileType(handle) == FILE_TYPE_PIPE;
    if (stop != nullptr && (stop->raised() || (is_pipe && !await_pipe(handle, *stop))))
        return {Transfer::State::would_block, 0, {}};
    const std::ptrdiff_t got = platform::read_file(file, into);
    // Ctrl-C makes a console read return 0 bytes, which is not EOF.
    if (stop != nullptr && stop->raised())
        return {Transfer::State::would_block, 0, {}};
    if (got > 0)
        return {Transfer::State::done, static_cast<std::size_t>(got), {}};
    const std::error_code error = got < 0 ? platform::last_file_error() : std::error_code();
    if (error && error != std::errc::bad_file_descriptor)
        return {Transfer::State::failed, 0, error};
    return {Transfer::State::end, 0, {}};
}

std::optional<std::uint64_t> bytes_left(int file) noexcept {
    const auto handle = reinterpret_cast<HANDLE>(::_get_osfhandle(file));
    LARGE_INTEGER size{};
    LARGE_INTEGER at{};
    if (::GetFileType(handle) != FILE_TYPE_DISK || !::GetFileSizeEx(handle, &size) ||
        !::SetFilePointerEx(handle, {}, &at, FILE_CURRENT) || at.QuadPart > size.QuadPart)
        return std::nullopt;
    return static_cast<std::uint64_t>(size.QuadPart - at.QuadPart);
}

}  // namespace sockbox::net

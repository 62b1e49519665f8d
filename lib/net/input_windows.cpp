// Reading a file on Windows, where a pipe cannot be waited for together with a signal.
#include "net/input.h"

namespace sockbox::net {

Transfer read_input(int file, std::span<std::byte> into, const StopSignal* stop) noexcept {
    if (stop != nullptr && stop->raised())
        return {Transfer::State::would_block, 0, {}};
    const std::ptrdiff_t got = platform::read_file(file, into);
    if (got > 0)
        return {Transfer::State::done, static_cast<std::size_t>(got), {}};
    const std::error_code error = got < 0 ? platform::last_file_error() : std::error_code();
    if (error && error != std::errc::bad_file_descriptor)
        return {Transfer::State::failed, 0, error};
    return {Transfer::State::end, 0, {}};
}

}  // namespace sockbox::net

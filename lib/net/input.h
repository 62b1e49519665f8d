// Reading standard input and other files, interruptible by a stop signal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/signals.h"
#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

// Reads from a descriptor of the C library. Blocks until there is data, EOF, or `stop` (may be
// null) is raised, which gives would_block; data and EOF that are there come first. On Windows a
// raised signal interrupts waiting for a pipe, but not a read in progress, such as of a console;
// data in a pipe is noticed within 16 ms. A descriptor that is not open counts as EOF; other
// failures are those of read(2).
Transfer read_input(int file, std::span<std::byte> into, const StopSignal* stop = nullptr) noexcept;

// The number of bytes from the current position of a regular file to its end; nullopt for a pipe, a
// terminal and any other file whose end is not known in advance.
std::optional<std::uint64_t> bytes_left(int file) noexcept;

// Splits a file into lines. Each includes its newline, which may be missing from the last one.
// Blocks as read_input() does. Not synchronized.
class LineReader {
  public:
    // `longest` limits memory: a longer line is truncated to that many bytes, and its rest skipped.
    // `stop` may be null.
    LineReader(int file, std::size_t longest, const StopSignal* stop = nullptr)
        : file_(file), longest_(longest), stop_(stop) {}

    // The next line; nullopt at EOF and if `stop` is raised.
    Result<std::optional<std::string>> next();
    // The number of the line that next() returned last, from 1.
    std::size_t number() const noexcept { return number_; }

  private:
    // Reads until there is a whole line, `longest_` bytes, or EOF.
    Status gather();

    int file_;
    std::size_t longest_;
    const StopSignal* stop_;
    std::string pending_;
    std::size_t at_ = 0;  // where the next line starts in pending_
    std::size_t number_ = 0;
    bool cut_ = false;
    bool ended_ = false;
};

}  // namespace sockbox::net

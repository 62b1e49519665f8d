// Standard input and other files as a source of bytes, the wait for which can be ended.
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

// Reads what a descriptor of the C library has, waiting until it has something, is at its end, or
// `stop` (may be null) is raised: would_block then. On Windows the raised signal is seen only when
// the read under way returns, for its pipes cannot be waited for. A file that was closed at the
// start is an empty one; other failures are as read(2) names them.
Transfer read_input(int file, std::span<std::byte> into, const StopSignal* stop = nullptr) noexcept;

// How many bytes a regular file has from where it is read next; none of a pipe, a terminal or any
// other whose end is not known beforehand.
std::optional<std::uint64_t> bytes_left(int file) noexcept;

// Splits a file into lines, each with its newline; the last may lack it. Blocks as reading does.
class LineReader {
  public:
    // `longest` bounds memory: a longer line is cut there and its rest passed over. `stop` may be
    // null.
    LineReader(int file, std::size_t longest, const StopSignal* stop = nullptr)
        : file_(file), longest_(longest), stop_(stop) {}

    // The next line; none at the end of the file. A raised `stop` is taken for that end.
    Result<std::optional<std::string>> next();
    // The number of the line that next() returned last, from 1.
    std::size_t number() const noexcept { return number_; }

  private:
    // Reads on until a whole line, `longest_` bytes or the end is there.
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

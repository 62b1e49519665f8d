// The lines of a file or of the standard input, read as they come and in bounded memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

namespace sockbox::tools {

class Lines {
  public:
    // Reads from a descriptor of the C library, which stays the caller's.
    explicit Lines(int file) noexcept : file_(file) {}

    // The next line without its end, and without a byte order mark of UTF-8 in front; blocks until
    // it is whole. None at the end of the input, or when reading failed. Of a line longer than
    // `longest` only the beginning is kept.
    std::optional<std::string> next();

    // Why reading failed; none at a regular end.
    std::error_code error() const noexcept { return error_; }
    // Of the line that next() gave last, from 1.
    std::size_t number() const noexcept { return number_; }

    static constexpr std::size_t longest = 65536;

  private:
    bool fill();

    std::string pending_;
    std::size_t at_ = 0;  // what of pending_ was given out
    std::error_code error_;
    std::size_t number_ = 0;
    int file_;
};

}  // namespace sockbox::tools

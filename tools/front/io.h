// The standard streams as a command sees them, so that a test can stand in for them.
#pragma once

#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace sockbox::tools {

// Text to a descriptor of the C library, gathered until flush() or a full buffer. The first failure
// is remembered and ends all writing. One write or print is never torn apart by another thread's.
class Output {
  public:
    enum class Buffering { full, none, kept };

    Output(int file, Buffering buffering) noexcept : file_(file), buffering_(buffering) {}
    // Nowhere: the text is kept until take().
    Output() noexcept : Output(-1, Buffering::kept) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { flush(); }

    void write(std::string_view text);
    template <class... Values>
    void print(fmt::format_string<Values...> format, Values&&... values) {
        write(fmt::format(format, std::forward<Values>(values)...));
    }
    void flush();
    // What was kept, which is then gone.
    std::string take();

    // Why writing failed; none while all is well.
    std::error_code error() const;
    bool is_terminal() const;
    int file() const noexcept { return file_; }

  private:
    void flush_locked();
    void write_out(std::string_view text);

    mutable std::mutex mutex_;
    std::string pending_;
    std::error_code error_;
    int file_;
    Buffering buffering_;
};

struct Io {
    int in;  // read by descriptor: what comes in is bytes, not text
    Output& out;
    Output& err;
};

}  // namespace sockbox::tools

// The standard streams of a command, which tests can replace.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

#include "system/clock.h"

namespace sockbox::tools {

// A text stream to a descriptor of the C library. After a write fails, everything else is
// discarded. May be used from several threads: the text of one call is never interleaved with that
// of another.
class Output {
  public:
    // `full` writes when 64 KiB are pending, in flush() and in the destructor; `none` writes at
    // once; `kept` never writes, but keeps the text for take().
    enum class Buffering { full, none, kept };

    Output(int file, Buffering buffering) noexcept : file_(file), buffering_(buffering) {}
    // Keeps the text in memory for take().
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
    // Returns the text that has not been written, and removes it. The memory of `spare`, whose text
    // is lost, is used for what follows.
    std::string take(std::string spare = {});

    // The error of the first write that failed, if any.
    std::error_code error() const;
    // From now on writes no more than one line, or 4 KiB of whole lines, at a time. A pipe takes so
    // much whole or not at all (PIPE_BUF in pipe(7)): if nobody reads it and the process ends, what
    // is in it ends with a line, unless that line is longer.
    void keep_lines_whole() noexcept { keeps_lines_whole_ = true; }
    // From now on breaks lines between words if they are wider than the terminal, if it is one
    // (net::wrapped()). Every write must then be of whole lines, without control sequences other
    // than those for colours.
    void wrap_on_terminal() { wraps_ = is_terminal(); }
    bool is_terminal() const;
    int file() const noexcept { return file_; }
    // When the write in progress last made progress; net::no_deadline if there is none.
    net::Clock::time_point writing_since() const noexcept { return writing_since_; }

  private:
    void write_as_it_is(std::string_view text);
    void flush_locked();
    void write_out(std::string_view text);

    mutable std::mutex mutex_;
    std::string pending_;
    std::error_code error_;
    std::atomic<net::Clock::time_point> writing_since_{net::no_deadline};
    std::atomic<bool> keeps_lines_whole_{false};
    bool wraps_ = false;  // does not change once other threads write
    int file_;
    Buffering buffering_;
};

struct Io {
    int in;  // a descriptor, because the input may be binary
    Output& out;
    Output& err;
    // The name under which the command was started, if that is not its own: "tcpecho" for echo.
    std::string_view tool = {};
    // How to start it again from a shell, if that is not by its name: "sockbox echo".
    std::string_view call = {};
    // Whether the process ends with the command.
    bool ends_process = false;
};

}  // namespace sockbox::tools

// Buffered output that remembers its first error.
#include "tools/front/io.h"

#include <algorithm>
#include <utility>

#include "system/platform.h"
#include "text/text.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::size_t pipe_bytes = 4096;  // PIPE_BUF on Linux, the page of a pipe

// The whole lines at the beginning of a text that a pipe takes at once; if it takes not even one,
// the first line.
std::string_view lines_for_pipe(std::string_view text) {
    if (text.size() <= pipe_bytes && text.ends_with('\n'))
        return text;
    const std::size_t last = text.substr(0, pipe_bytes).rfind('\n');
    const std::size_t end = last == text.npos ? text.find('\n') : last;
    return text.substr(0, end == text.npos ? end : end + 1);
}

}  // namespace

void Output::write(std::string_view text) {
    if (!wraps_)
        return write_as_it_is(text);
    write_as_it_is(net::wrapped(text, net::platform::terminal_columns(file_)));
}

void Output::write_as_it_is(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (error_)
        return;
    const bool now = buffering_ == Buffering::none || pending_.size() + text.size() >= buffer_bytes;
    if (!now || buffering_ == Buffering::kept) {
        pending_ += text;
        return;
    }
    flush_locked();
    write_out(text);
}

std::string Output::take(std::string spare) {
    spare.clear();
    const std::lock_guard lock(mutex_);
    return std::exchange(pending_, std::move(spare));
}

void Output::flush() {
    const std::lock_guard lock(mutex_);
    flush_locked();
}

void Output::flush_locked() {
    if (buffering_ == Buffering::kept)
        return;
    write_out(pending_);
    pending_.clear();
}

void Output::write_out(std::string_view text) {
    while (!text.empty() && !error_) {
        const std::string_view piece =
            (keeps_lines_whole_ ? lines_for_pipe(text) : text).substr(0, buffer_bytes);
        writing_since_ = net::Clock::now();
        const std::ptrdiff_t put =
            net::platform::write_file(file_, std::as_bytes(std::span(piece)));
        if (put < 0)
            error_ = net::platform::last_file_error();
        else
            text.remove_prefix(static_cast<std::size_t>(put));
    }
    writing_since_ = net::no_deadline;
}

std::error_code Output::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

bool Output::is_terminal() const {
    return net::platform::is_terminal(file_);
}

}  // namespace sockbox::tools

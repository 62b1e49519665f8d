// Buffered output that remembers its first error.
#include "tools/front/io.h"

#include <algorithm>
#include <utility>

#include "system/platform.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

}  // namespace

void Output::write(std::string_view text) {
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

std::string Output::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(pending_, {});
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
    auto rest = std::as_bytes(std::span(text));
    while (!rest.empty() && !error_) {
        writing_since_ = net::Clock::now();
        const std::ptrdiff_t put =
            net::platform::write_file(file_, rest.first(std::min(rest.size(), buffer_bytes)));
        if (put < 0)
            error_ = net::platform::last_file_error();
        else
            rest = rest.subspan(static_cast<std::size_t>(put));
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

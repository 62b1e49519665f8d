// Bytes and what remains of them.
#include "tools/echo/pipe_progress.h"

#include <algorithm>

#include "net/input.h"
#include "system/platform.h"
#include "text/units.h"

namespace sockbox::tools {

using Seconds = std::chrono::duration<double>;

PipeProgress::PipeProgress(Io io, bool wanted)
    : line_(io.err, wanted && !io.out.is_terminal() && !net::platform::is_terminal(io.in)),
      total_(net::bytes_left(io.in)) {}

net::Deadline PipeProgress::look(std::uint64_t received_bytes) {
    const auto now = net::Clock::now();
    if (now < line_.due())
        return line_.due();
    const auto rate_since = [&](net::Clock::time_point from, std::uint64_t bytes) {
        const double seconds = std::max(Seconds(now - from).count(), 1e-9);
        return static_cast<double>(received_bytes - bytes) / seconds;
    };
    const double rate = rate_since(drawn_at_, drawn_bytes_);
    const double mean = rate_since(begin_, 0);  // what is left is told from all there was so far
    std::string done = net::format_bytes(received_bytes);
    std::string left;
    // A file may grow while it is read.
    if (total_ && received_bytes <= *total_) {
        done += " of " + net::format_bytes(*total_);
        const Seconds rest(static_cast<double>(*total_ - received_bytes) / mean);
        if (rest < std::chrono::years(1))
            left = net::format_approximately(
                       std::chrono::duration_cast<std::chrono::nanoseconds>(rest)) +
                   " left";
    }
    drawn_at_ = now;
    drawn_bytes_ = received_bytes;
    line_.draw({done, net::format_bytes(static_cast<std::uint64_t>(rate)) + "/s",
                net::format_approximately(now - begin_), left});
    return line_.due();
}

}  // namespace sockbox::tools

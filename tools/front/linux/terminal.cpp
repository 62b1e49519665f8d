// The foreground process group of a terminal, and pipes without a reader.
#include "tools/front/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace sockbox::tools {

bool is_in_foreground(int file) noexcept {
    const pid_t foreground = ::tcgetpgrp(file);
    return foreground < 0 || foreground == ::getpgrp();
}

bool can_redraw(int file) noexcept {
    const char* type = std::getenv("TERM");
    const std::string_view name = type != nullptr ? type : "";
    return net::platform::is_terminal(file) && !name.empty() && name != "dumb";
}

WaitEnd wait_while_read(int file, const net::StopSignal& stop, net::Deadline deadline) noexcept {
    std::array entries{net::PollEntry{stop.waitable(), POLLIN, 0}, net::PollEntry{file, 0, 0}};
    for (;;) {
        const int ready = net::platform::poll(entries, net::poll_timeout(deadline));
        if (stop.raised())
            return WaitEnd::stopped;
        if (ready > 0 && (entries[1].revents & (POLLERR | POLLHUP)) != 0)
            return WaitEnd::unread;
        if (net::Clock::now() >= deadline)
            return WaitEnd::due;
    }
}

}  // namespace sockbox::tools

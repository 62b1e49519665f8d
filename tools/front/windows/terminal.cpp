// A console of Windows has no job control.
#include "tools/front/terminal.h"

#include <array>

namespace sockbox::tools {

bool is_in_foreground(int) noexcept {
    return true;
}

bool can_redraw(int) noexcept {
    return false;
}

WaitEnd wait_while_read(int, const net::StopSignal& stop, net::Deadline deadline) noexcept {
    std::array entries{net::PollEntry{stop.waitable(), POLLIN, 0}};
    while (!stop.raised() && net::Clock::now() < deadline)
        net::platform::poll(entries, net::poll_timeout(deadline));
    return stop.raised() ? WaitEnd::stopped : WaitEnd::due;
}

}  // namespace sockbox::tools

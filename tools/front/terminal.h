// What becomes of output: job control of the terminal it goes to, and whether anybody reads it.
#pragma once

#include <cstdint>

#include "net/signals.h"
#include "system/clock.h"

namespace sockbox::tools {

// Whether writing to the terminal of this descriptor would disturb no one: false if this process is
// in the background of its own terminal, where a shell or another program draws. True for a
// terminal that does not control this process. Always true on Windows.
bool is_in_foreground(int file) noexcept;

// Whether lines on this terminal can be redrawn in place. False if it is none, if the environment
// variable TERM says that it cannot move its cursor, and on Windows.
bool can_redraw(int file) noexcept;

enum class WaitEnd : std::uint8_t { due, stopped, unread };

// Waits until `deadline`, until `stop` is raised, or until nobody can read what is written to this
// descriptor any more: the pipe was closed at its other end, or the terminal is gone. On Windows
// the latter is noticed only by the next write.
WaitEnd wait_while_read(int file, const net::StopSignal& stop, net::Deadline deadline) noexcept;

}  // namespace sockbox::tools

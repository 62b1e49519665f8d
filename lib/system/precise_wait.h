// Waiting to the nanosecond, for those who keep a schedule.
#pragma once

#include <chrono>
#include <span>

#include "system/platform.h"

namespace sockbox::net {

// poll(2) with a timeout as fine as the system can (Linux), else rounded up to milliseconds.
// Returns the number of ready entries, or -1; a timeout below zero waits without bound.
int poll_precisely(std::span<PollEntry> entries, std::chrono::nanoseconds timeout) noexcept;

// Makes this thread's waits end on time: Linux else adds up to 50 us to save power.
void keep_time() noexcept;

}  // namespace sockbox::net

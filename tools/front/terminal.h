// Job control of the terminal that a stream is connected to.
#pragma once

namespace sockbox::tools {

// Whether writing to the terminal of this descriptor would disturb no one: false if this process is
// in the background of its own terminal, where a shell or another program draws. True for a
// terminal that does not control this process. Always true on Windows.
bool is_in_foreground(int file) noexcept;

}  // namespace sockbox::tools

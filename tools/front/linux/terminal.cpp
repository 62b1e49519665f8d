// The foreground process group of a terminal.
#include "tools/front/terminal.h"

#include <unistd.h>

namespace sockbox::tools {

bool is_in_foreground(int file) noexcept {
    const pid_t foreground = ::tcgetpgrp(file);
    return foreground < 0 || foreground == ::getpgrp();
}

}  // namespace sockbox::tools

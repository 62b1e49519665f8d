// TIOCGWINSZ.
#include "tools/front/terminal.h"

#include <sys/ioctl.h>

namespace sockbox::tools {

std::size_t terminal_columns(const Output& output) {
    winsize size{};
    const bool known = ::ioctl(output.file(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

}  // namespace sockbox::tools

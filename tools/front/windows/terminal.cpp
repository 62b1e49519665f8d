// A console of Windows has no job control.
#include "tools/front/terminal.h"

namespace sockbox::tools {

bool is_in_foreground(int) noexcept {
    return true;
}

}  // namespace sockbox::tools

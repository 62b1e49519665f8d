// The console's window.
#include "tools/front/terminal.h"
#include "system/platform.h"

namespace sockbox::tools {

std::size_t terminal_columns(const Output& output) {
    CONSOLE_SCREEN_BUFFER_INFO info{};
    const DWORD stream = output.file() == 2 ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE;
    if (!::GetConsoleScreenBufferInfo(::GetStdHandle(stream), &info))
        return 80;
    return static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
}

}  // namespace sockbox::tools

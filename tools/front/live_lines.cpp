// Moves the cursor up to redraw lines (ECMA-48).
#include "tools/front/live_lines.h"

#include <algorithm>

#include "system/platform.h"
#include "tools/front/terminal.h"

namespace sockbox::tools {

std::size_t LiveLines::columns() const {
    return std::max<std::size_t>(net::platform::terminal_columns(out_.file()), 2) - 1;
}

std::size_t LiveLines::rows() const {
    return std::max<std::size_t>(net::platform::terminal_rows(out_.file()), 2) - 1;
}

void LiveLines::draw(const std::vector<std::string>& lines) {
    if (!is_in_foreground(out_.file()))
        return leave();  // by now the shell has written below them
    std::string text;
    // Of another size, the terminal has wrapped or moved the lines, nobody knows where to.
    const bool moved = columns_ != columns() || rows_ != rows();
    if (drawn_ > 0)
        text = moved ? "\x1b[H\x1b[J" : fmt::format("\r\x1b[{}A", drawn_);
    for (const std::string& line : lines)
        text.append(line).append("\x1b[K\r\n");
    text += "\x1b[J";
    out_.write(text);
    out_.flush();
    drawn_ = lines.size();
    columns_ = columns();
    rows_ = rows();
}

}  // namespace sockbox::tools

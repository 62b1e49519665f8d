// A line that returns to its beginning.
#include "tools/front/progress.h"

#include <algorithm>

#include "tools/front/terminal.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto long_work = 2s;
constexpr auto between = 500ms;

}  // namespace

ProgressLine::ProgressLine(Output& err, bool wanted)
    : err_(err),
      due_(wanted && err.is_terminal() ? net::deadline_in(long_work) : net::no_deadline) {}

void ProgressLine::draw(const std::vector<std::string>& pieces) {
    due_ = net::deadline_in(between);
    const std::size_t room = terminal_columns(err_) - 1;  // the last column would wrap
    std::string line;
    for (const std::string& piece : pieces) {
        const std::string next = line.empty() ? piece : "  " + piece;
        if (!piece.empty() && line.size() + next.size() <= room)
            line += next;
    }
    const std::size_t blanks = drawn_ > line.size() ? drawn_ - line.size() : 0;
    err_.print("\r{}{}", line, std::string(std::min(blanks, room - line.size()), ' '));
    drawn_ = line.size();
}

void ProgressLine::erase() {
    if (drawn_ > 0)
        err_.print("\r{}\r", std::string(std::min(drawn_, terminal_columns(err_) - 1), ' '));
    drawn_ = 0;
}

}  // namespace sockbox::tools

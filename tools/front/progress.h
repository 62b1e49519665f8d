// The live line of long work on a terminal.
#pragma once

#include <string>
#include <vector>

#include "system/clock.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// Drawn on standard error where that is a terminal, again and again in the same place, from the
// third second on. Draws nothing elsewhere. Used by one thread.
class ProgressLine {
  public:
    // `wanted` is false where something else on the terminal shows already how it goes on.
    ProgressLine(Output& err, bool wanted);
    ~ProgressLine() { erase(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    // When it should be drawn next; never where it is not drawn at all.
    net::Deadline due() const noexcept { return due_; }

    // The pieces, the most important first; those that the terminal has no room for are left out.
    void draw(const std::vector<std::string>& pieces);

    // Before anything else is written to the terminal, and at the end.
    void erase();

  private:
    Output& err_;
    net::Deadline due_;
    std::size_t drawn_ = 0;  // columns that are not blank
};

}  // namespace sockbox::tools

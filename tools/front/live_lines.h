// Lines on a terminal that are redrawn in place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/front/io.h"

namespace sockbox::tools {

// Redraws lines without clearing them first, so that they do not flicker. Draws nothing while this
// process is in the background of its terminal. What was drawn stays when the object ends, with the
// cursor below it. To be used only if can_redraw().
class LiveLines {
  public:
    explicit LiveLines(Output& out) : out_(out) {}

    // The room for lines at present: columns, of which the last one would wrap, and lines, of which
    // the last one is for the cursor. At least 1 each.
    std::size_t columns() const;
    std::size_t rows() const;

    // Replaces the lines of the last draw(). Lines and their number must fit into the room; they
    // may contain colours.
    void draw(const std::vector<std::string>& lines);

    // Leaves the lines where they are: the next ones are drawn below. Call it before anything else
    // is written to the terminal.
    void leave() noexcept { drawn_ = 0; }

  private:
    Output& out_;
    std::size_t drawn_ = 0;    // lines above the cursor that are replaced next
    std::size_t columns_ = 0;  // the room when they were drawn
    std::size_t rows_ = 0;
};

}  // namespace sockbox::tools

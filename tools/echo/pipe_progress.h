// The live line of data on their way to a server and back.
#pragma once

#include <cstdint>
#include <optional>

#include "system/clock.h"
#include "tools/front/progress.h"

namespace sockbox::tools {

// Shows how much has come back, of how much where standard input is a file, how fast, how long it
// has taken and will take. Nothing where data come from or go to a terminal: they show it
// themselves, and the line would stand among them.
class PipeProgress {
  public:
    PipeProgress(Io io, bool wanted);

    // Draws where it is time to, and returns when it will be next.
    net::Deadline look(std::uint64_t received_bytes);

  private:
    ProgressLine line_;
    std::optional<std::uint64_t> total_;
    const net::Clock::time_point begin_ = net::Clock::now();
    // Of the line drawn last, for the rate since then.
    net::Clock::time_point drawn_at_ = begin_;
    std::uint64_t drawn_bytes_ = 0;
};

}  // namespace sockbox::tools

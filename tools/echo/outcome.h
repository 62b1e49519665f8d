// What came of the data that echo carried to the server and back, and the live line on the way.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "probe/pipe.h"
#include "report/json.h"
#include "system/clock.h"
#include "tools/front/command.h"
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

// What there is to say about how it ended, `peer` being the server's address and `timeout` the one
// it was given; an empty action where there is nothing.
net::Error explain(const probe::PipeOutcome& outcome, const std::string& peer,
                   std::chrono::nanoseconds timeout);

// Adds to the result's object what was carried, where it differed, and `error` unless its action is
// empty.
void add_outcome(const probe::PipeOutcome& outcome, const net::Error& error, report::Json& json);

// The exit status; of data that nobody takes any more it is that of success, for finish() tells a
// full disk from a closed pipe.
int status_of(probe::PipeEnd end);

}  // namespace sockbox::tools

// The outcome of a transfer to the server and back, and the progress line during it.
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

// Shows the amount received, the rate and the elapsed time and, if standard input is a file, its
// size and the time left. Draws nothing if standard input or output is a terminal, where the line
// would be mixed with the data.
class PipeProgress {
  public:
    // If `wanted` is false, nothing is drawn.
    PipeProgress(Io io, bool wanted);

    // Draws the line if it is due, and returns when it is due next.
    net::Deadline look(std::uint64_t received_bytes);

  private:
    ProgressLine line_;
    std::optional<std::uint64_t> total_;
    const net::Clock::time_point begin_ = net::Clock::now();
    // When the line was last drawn, for the rate since then.
    net::Clock::time_point drawn_at_ = begin_;
    std::uint64_t drawn_bytes_ = 0;
};

// Explains why the transfer did not succeed; its action is empty if it did. `peer` is the server's
// address, and `timeout` the one used for the transfer.
net::Error explain(const probe::PipeOutcome& outcome, const std::string& peer,
                   std::chrono::nanoseconds timeout);

// Adds the numbers of bytes, the duration, the difference and, unless its action is empty, `error`
// to the result object.
void add_outcome(const probe::PipeOutcome& outcome, const net::Error& error, report::Json& json);

// The exit status. It is exit_ok for PipeEnd::sink_full, because finish() distinguishes a full disk
// from a closed pipe.
int status_of(probe::PipeEnd end);

}  // namespace sockbox::tools

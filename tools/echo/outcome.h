// What came of the data that echo carried to the server and back: its words, its JSON, its status.
#pragma once

#include <chrono>
#include <string>

#include "probe/pipe.h"
#include "report/json.h"
#include "tools/front/command.h"

namespace sockbox::tools {

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

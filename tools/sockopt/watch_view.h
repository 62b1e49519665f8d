// What `sockopt --watch` prints: events as text or JSON, or a live table on a terminal.
#pragma once

#include <chrono>
#include <memory>

#include "inspect/socket_watch.h"
#include "tools/front/io.h"
#include "tools/sockopt/outcome_writer.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

class WatchView : public net::WatchEvents {
  public:
    // For the options of a socket that is read for the first time; null if they are not shown.
    virtual OutcomeWriter* results() { return nullptr; }
    // A reading begins.
    virtual void begin() {}
    // A reading is complete.
    virtual void end() {}
    // The kernel reported more ends of sockets than could be taken.
    virtual void lost_ends() = 0;
    // Something else is about to be written to the terminal.
    virtual void leave() {}
};

// The form that suits the command line and the output: a table if that is a terminal. `io` must
// outlive the result.
std::unique_ptr<WatchView> make_watch_view(const SockoptSettings& settings, bool dump, Io io);

// "131072 -> 262144", "10 -> 20 bytes (10.0/s)"; "-" if there is no value.
std::string to_text(const net::ValueChange& change);

}  // namespace sockbox::tools

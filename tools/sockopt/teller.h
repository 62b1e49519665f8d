// Tells what became of the options of each socket: as a table, as values, or as JSON.
#pragma once

#include <memory>

#include "tools/front/io.h"
#include "tools/sockopt/outcome.h"
#include "tools/sockopt/target.h"

namespace sockbox::tools {

struct TellOptions {
    bool json = false;
    bool values = false;    // nothing but values
    bool failures = false;  // of a dump, also what could not be read
    bool dump = false;      // all options, and so a table by levels
    bool heading = false;   // each socket has one
    bool follows = false;   // the first one, too, is set apart from what comes before it
    bool colored = false;
};

// Between begin() and end() nothing is written unless announce() is called, so that a slow reader
// of ours does not make us hold a socket of somebody else for long.
class Teller {
  public:
    virtual ~Teller() = default;

    virtual void begin(const ChosenSocket& target) = 0;
    // The socket was put into the state that was asked for, or could not be and why.
    virtual void brought_up(const ChosenSocket&, const net::Status&) {}
    // Written at once: an option is about to be set. Whatever ends us before tell(), the user knows
    // what may have been changed.
    virtual void announce(const net::Option& option,
                          const std::optional<net::OptionValue>& before) = 0;
    virtual void tell(const Outcome& outcome) = 0;
    virtual void end() = 0;
    // In place of tell() and end(): the socket cannot be had.
    virtual void refuse(const net::Error& why) = 0;
};

std::unique_ptr<Teller> make_teller(const TellOptions& options, Output& out);

}  // namespace sockbox::tools

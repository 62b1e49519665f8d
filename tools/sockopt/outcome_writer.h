// Tells what became of the options of each socket: as a table, as values, or as JSON.
#pragma once

#include <memory>
#include <string>

#include "inspect/outcome.h"
#include "inspect/socket_search.h"
#include "report/json.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// "nginx[812] fd 6 tcp LISTEN 0.0.0.0:443".
std::string heading(const net::ChosenSocket& target);
report::Json json_of(const net::ChosenSocket& target);

// "SO_RCVBUF = 131072", "SO_RCVBUF: 131072 -> 2097152 (asked 1048576; Linux doubles it)", or
// "IP_MTU: the socket is not connected (ENOTCONN)".
std::string text_of(const net::Outcome& outcome);

// What comes after the name of an option that was read: " = 131072" or ": the reason", appended.
void append_reading(std::string& text, const net::Outcome& outcome);

// The value alone; what could not be read is "-".
std::string value_text_of(const net::Outcome& outcome);

report::Json json_of(const net::Outcome& outcome);

// The part before the value that was granted, for who tells of a set before it is done:
// "SO_RCVBUF: 131072 -> ", and the rest of it.
std::string text_before(const net::Option& option, const std::optional<net::OptionValue>& before);
std::string text_after(const net::Outcome& outcome);

// A value in JSON, its type by the type of the option; null where there is none.
report::Json value_json(const net::OptionRow& row, const std::optional<net::OptionValue>& value);

// The unit that "value" has there.
report::Json unit_json(const net::OptionRow& row);

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

    virtual void begin(const net::ChosenSocket& target) = 0;
    // The socket was put into the state that was asked for, or could not be and why.
    virtual void brought_up(const net::ChosenSocket&, const net::Status&) {}
    // Written at once: an option is about to be set. Whatever ends us before tell(), the user knows
    // what may have been changed.
    virtual void announce(const net::Option& option,
                          const std::optional<net::OptionValue>& before) = 0;
    virtual void tell(const net::Outcome& outcome) = 0;
    virtual void end() = 0;
    // In place of tell() and end(): the socket cannot be had.
    virtual void refuse(const net::Error& why) = 0;
};

std::unique_ptr<Teller> make_teller(const TellOptions& options, Output& out);

}  // namespace sockbox::tools

// How sockopt tells what it read and set: as text, as values, as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/option_grant.h"
#include "report/json.h"

namespace sockbox::tools {

// What became of one option: read, or set.
struct Outcome {
    net::Option option;
    net::Result<net::OptionValue> value;  // as it is now
    bool set = false;
    std::optional<net::OptionValue> asked;
    std::optional<net::OptionValue> before;
    net::Grant grant;
    std::vector<std::string> story;  // more about the value, where that was asked for
    bool is_default = false;  // what a new socket of that kind has; only where it was compared
};

// "SO_RCVBUF = 131072", "SO_RCVBUF: 131072 -> 2097152 (asked 1048576; Linux doubles it)", or
// "IP_MTU: the socket is not connected (ENOTCONN)".
std::string text_of(const Outcome& outcome);

// The value alone; what could not be read is "-".
std::string value_text_of(const Outcome& outcome);

report::Json json_of(const Outcome& outcome);

// One line about an option, and all that is known about it.
std::string list_line(const net::OptionRow& row);
std::string explanation(const net::OptionRow& row);
report::Json json_of(const net::OptionRow& row);

}  // namespace sockbox::tools

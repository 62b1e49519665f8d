// How sockopt tells what it read and set: as text, as values, as JSON.
#pragma once

#include <string>

#include "report/json.h"
#include "tools/sockopt/outcome.h"

namespace sockbox::tools {

// "SO_RCVBUF = 131072", "SO_RCVBUF: 131072 -> 2097152 (asked 1048576; Linux doubles it)", or
// "IP_MTU: the socket is not connected (ENOTCONN)".
std::string text_of(const Outcome& outcome);

// What comes after the name of an option that was read: " = 131072" or ": the reason", appended.
void append_reading(std::string& text, const Outcome& outcome);

// The value alone; what could not be read is "-".
std::string value_text_of(const Outcome& outcome);

report::Json json_of(const Outcome& outcome);

// The part before the value that was granted, for who tells of a set before it is done:
// "SO_RCVBUF: 131072 -> ", and the rest of it.
std::string text_before(const net::Option& option, const std::optional<net::OptionValue>& before);
std::string text_after(const Outcome& outcome);

report::Json json_of(const net::Error& error);

// A value in JSON, its type by the type of the option; null where there is none.
report::Json value_json(const net::OptionRow& row, const std::optional<net::OptionValue>& value);

// The unit that "value" has there.
report::Json unit_json(const net::OptionRow& row);

}  // namespace sockbox::tools

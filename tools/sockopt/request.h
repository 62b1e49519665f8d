// What sockopt is asked to do with an option: NAME, NAME=VALUE, NAME*=N, NAME+=N.
#pragma once

#include <string_view>

#include "option/option.h"

namespace sockbox::tools {

struct Request {
    enum class Action : std::uint8_t { read, set, multiply, add };
    Action action = Action::read;
    net::Option option;
    net::OptionValue value;        // to set
    std::int64_t operand = 0;      // of multiply and add; of a time, add has nanoseconds
    bool names_interface = false;  // an interface by its name, which we have given its number
};

// Refuses all that can be known to be wrong without a socket.
net::Result<Request> parse_request(std::string_view text);

// The value that multiply or add makes of what the option has now; a mistake of the user where it
// leaves the option's range.
net::Result<net::OptionValue> computed_value(const Request& request,
                                             const net::OptionValue& before);

}  // namespace sockbox::tools

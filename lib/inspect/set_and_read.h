// Reading and setting named options of one socket: NAME, NAME=VALUE, NAME*=N, NAME+=N.
#pragma once

#include <functional>
#include <string_view>

#include "inspect/outcome.h"
#include "inspect/socket_facts.h"
#include "option/option.h"

namespace sockbox::net {

struct Request {
    enum class Action : std::uint8_t { read, set, multiply, add };
    Action action = Action::read;
    Option option;
    OptionValue value;             // to set
    std::int64_t operand = 0;      // of multiply and add; of a time, add has nanoseconds
    bool names_interface = false;  // an interface by its name, which we have given its number
};

// Refuses all that can be known to be wrong without a socket.
Result<Request> parse_request(std::string_view text);

// The value that multiply or add makes of what the option has now; a mistake of the user where it
// leaves the option's range.
Result<OptionValue> computed_value(const Request& request, const OptionValue& before);

// Called between reading what was before and setting; an error keeps the option from being set.
using BeforeSet =
    std::function<Status(const Option& option, const std::optional<OptionValue>& before)>;

// One request. What the system refused has its error for a value, and changed nothing.
Outcome carry_out(Socket& socket, const SocketFacts& facts, const Request& request,
                  const WorkOptions& options, const BeforeSet& before_set);

}  // namespace sockbox::net

// Reading and setting options of one socket as requested by NAME, NAME=VALUE, NAME*=N or NAME+=N.
#pragma once

#include <functional>
#include <string_view>

#include "inspect/outcome.h"
#include "inspect/socket_facts.h"
#include "option/option.h"

namespace sockbox::net {

// What to do with one option.
struct Request {
    // The kind of request: NAME, NAME=VALUE, NAME*=N or NAME+=N.
    enum class Action : std::uint8_t { read, set, multiply, add };
    Action action = Action::read;  // what to do
    Option option;                 // with which option
    OptionValue value;             // for `set`
    std::int64_t operand = 0;      // for `multiply` and `add`; added to a time, in nanoseconds
    bool names_interface = false;  // `value` has an interface name, resolved in our own namespace
};

// Parses "NAME", "NAME=VALUE", "NAME*=N" or "NAME+=N". Fails on every mistake that can be found
// without a socket: syntax, name, range, access.
Result<Request> parse_request(std::string_view text);

// The result of applying `multiply` or `add` to the option's current value. Fails with
// std::errc::invalid_argument if it is outside the option's range.
Result<OptionValue> computed_value(const Request& request, const OptionValue& before);

// Called after the old value was read (nullopt if it cannot be) and before the option is set. If it
// fails, the option is not set and its error becomes the outcome.
using BeforeSet =
    std::function<Status(const Option& option, const std::optional<OptionValue>& before)>;

// Carries out one request: reads the option, computes and sets the new value, and reads it back. If
// the system refuses, `value` of the outcome is the error and nothing was changed. Setting
// SO_RCVBUFFORCE or SO_SNDBUFFORCE reads back SO_RCVBUF or SO_SNDBUF.
//
//     const auto request = parse_request("SO_RCVBUF*=2");
//     const Outcome outcome =
//         set_and_read(socket, facts, *request, {}, [](auto&...) { return Status(); });
//     if (outcome.change && !outcome.change->grant.as_requested)
//         fmt::print("{}\n", outcome.change->grant.reason);
Outcome set_and_read(Socket& socket, const SocketFacts& facts, const Request& request,
                     const WorkOptions& options, const BeforeSet& before_set);

}  // namespace sockbox::net

// What parses and stores the values of options.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::tools {

// Parses and stores an option's value. Fails with fail_text() if the value is invalid.
class Take : public std::function<net::Status(std::string_view)> {
  public:
    using std::function<net::Status(std::string_view)>::function;
    std::vector<std::string> choices = {};  // the only values, for completion; empty: any
};

// Parsers for common types. Each refers to its target, which must outlive it.
// An empty text is refused.
Take take_text(std::string& target);
// A port number, which may be 0, or a service name of that transport.
Take take_port(std::uint16_t& target, net::Transport transport);
// The same, with the services of TCP and, if it is none of them, of UDP.
Take take_port_of_either(std::optional<std::uint16_t>& target);
Take take_duration(std::chrono::nanoseconds& target);
// Ranges include both bounds; sizes are in bytes.
Take take_size(std::uint64_t& target, std::uint64_t low, std::uint64_t high);
Take take_integer(std::int64_t& target, std::int64_t low, std::int64_t high);
// Stores the index of the chosen word, or calls `chosen` with it.
Take take_choice(std::size_t& index, std::vector<std::string> choices);
Take take_choice(std::vector<std::string> choices, std::function<void(std::size_t)> chosen);
// For targets that stay empty unless the option is given.
Take take_duration(std::optional<std::chrono::nanoseconds>& target);
Take take_port(std::optional<std::uint16_t>& target, net::Transport transport);
Take take_integer(std::optional<std::int64_t>& target, std::int64_t low, std::int64_t high);

}  // namespace sockbox::tools

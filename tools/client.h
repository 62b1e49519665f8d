// What the command lines of the two clients, echo and udpecho, have in common.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/option.h"
#include "net/streams.h"
#include "report/json.h"
#include "tools/cli.h"

namespace sockbox::tools {

// The server as the command line names it, and what its name resolved to.
struct Target {
    std::string text;  // "HOST:PORT", escaped
    std::vector<net::Endpoint> endpoints;
};

struct Client {
    Client(std::string_view name, net::Transport over) : tool(name), transport(over) {}

    std::string_view tool;
    net::Transport transport;
    Common common;
    std::vector<std::string> operands;  // HOST PORT [MESSAGE...]
    std::optional<std::chrono::nanoseconds> timeout;
    std::optional<net::Endpoint> source;
    std::vector<net::Setting> settings;  // of --set, in their order
    bool no_verify = false;

    // Declares the options that both clients have.
    void declare(Cli& cli);

    bool has_message() const { return operands.size() > 2; }
    // The words after HOST and PORT as one line.
    std::string message() const;

    // Checks HOST and PORT and resolves them; an exit status where that ends the command.
    std::optional<int> resolve(const Cli& cli, Io io, Target& target) const;

    // What --set asks for, done to a new socket.
    net::Prepare prepare() const;

    // A result object with the target and how it went: "say", "pipe", "closed" or "open".
    report::Json result(std::string_view mode, const std::string& target) const;

    // Ends the command because of `error`: one line, and with --json an object as well.
    int fail(Io io, const net::Error& error, int status) const;
};

// {"symbol": …, "code": …, "message": …}
report::Json to_json(const net::Error& error);

}  // namespace sockbox::tools

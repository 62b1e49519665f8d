// What the command lines of the two clients, echo and udpecho, have in common.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/streams.h"
#include "option/option.h"
#include "probe/reply_timeout.h"
#include "report/json.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// A server as the command line names it, and what its name resolved to.
struct Target {
    std::string text;  // "HOST:PORT", escaped
    std::string host;
    std::uint16_t port = 0;
    std::vector<net::Endpoint> endpoints;
};

struct Client {
    Client(std::string_view name, net::Transport over) : tool(name), transport(over) {}

    std::string_view tool;
    net::Transport transport;
    Common common;
    std::vector<std::string> operands;  // HOST PORT [MESSAGE...]
    std::vector<net::HostPort> others;  // of --target
    std::optional<std::chrono::nanoseconds> timeout;
    std::optional<net::Endpoint> source;
    std::vector<net::Setting> settings;  // of --set, in their order
    bool no_verify = false;

    // Declares the options that both clients have, without those of all commands.
    void declare(Cli& cli);

    // --timeout, or the default of every client.
    std::chrono::nanoseconds reply_timeout() const {
        return timeout.value_or(probe::default_reply_timeout);
    }

    bool has_message() const { return operands.size() > 2; }
    // The words after HOST and PORT as one line.
    std::string message() const;

    // HOST PORT and each --target, checked but not resolved; an exit status where that ends the
    // command.
    std::optional<int> name_targets(const Cli& cli, Io io, std::vector<Target>& targets) const;

    // Fills in the endpoints.
    net::Status resolve(Target& target) const;

    // What --set asks for, done to a new socket.
    net::Prepare prepare() const;

    // A result object with the target and how it went: "say", "pipe", "closed" or "open".
    report::Json result(std::string_view mode, const std::string& target) const;

    // Ends the command, or its work on `target`, because of `error`: one line, and with --json an
    // object as well.
    int fail(Io io, const net::Error& error, int status, std::string_view target = {}) const;

  private:
    std::optional<int> name_target(const Cli& cli, Io io, const net::HostPort& text,
                                   std::vector<Target>& targets) const;
};

// Calls `work` with each number below `count`, all at once, and waits for them. Where no thread can
// be started it is done one after the other.
void at_once(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace sockbox::tools

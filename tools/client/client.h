// The options and targets common to both clients, echo and udpecho.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/streams.h"
#include "option/option.h"
#include "probe/reply_timeout.h"
#include "report/json.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// The time for a client to look up a host and, over TCP, to connect.
inline constexpr std::chrono::seconds default_connect_timeout{10};

// The groups of --help to which several files add options, in its order.
namespace help {
inline constexpr std::string_view sending = "Sending";
inline constexpr std::string_view measurement = "Measurement";
inline constexpr std::string_view results = "Results and monitoring";
inline constexpr std::string_view modes = "Other modes";
}  // namespace help

// Local ports, both bounds included.
struct PortRange {
    std::uint16_t first;
    std::uint16_t last;

    std::size_t size() const { return std::size_t{last} - first + 1; }
};

// A server as result objects name it.
struct NamedServer {
    std::string target;                      // "HOST:PORT", escaped
    std::optional<net::Endpoint> address{};  // nullopt: not known
};

// A server as named on the command line, and its addresses.
struct Target {
    std::string text;  // "HOST:PORT", escaped
    std::string host;
    std::uint16_t port = 0;
    std::vector<net::Endpoint> endpoints{};                     // set by ClientOptions::resolve()
    bool is_listed = false;                                     // in the targets file
    std::vector<std::pair<std::string, std::string>> labels{};  // likewise, for metrics

    // With the address that was tried last, or that the host is.
    NamedServer named() const;
};

std::vector<NamedServer> names_of(std::span<const Target> targets);

// The command line of a client.
struct ClientOptions {
    ClientOptions(std::string_view name, net::Transport over) : tool(name), transport(over) {}

    std::string_view tool;
    net::Transport transport;
    const std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
    Common common;
    std::string_view mode;              // of result objects, such as "say" or "closed"
    std::vector<std::string> operands;  // HOST PORT [MESSAGE...]
    std::vector<net::HostPort> others;  // from --target
    std::optional<std::chrono::nanoseconds> timeout;
    std::optional<net::Endpoint> source;
    std::optional<PortRange> source_ports;
    std::vector<net::Setting> settings;  // from --set, in the order given
    bool no_verify = false;

    // Declares the options common to both clients, except those of Cli::common().
    void declare(Cli& cli);

    // The value of --timeout, or else the default.
    std::chrono::nanoseconds reply_timeout() const {
        return timeout.value_or(probe::default_reply_timeout);
    }

    // Whether there are several ports, which are used in turn.
    bool has_port_range() const { return source_ports && source_ports->size() > 1; }
    // The local port of a socket, numbered from 0 and below the size of the range; 0: any.
    std::uint16_t source_port(std::size_t number = 0) const {
        return source_ports ? static_cast<std::uint16_t>(source_ports->first + number)
                            : std::uint16_t{0};
    }
    // "any", "40000" or "40000-40063, in turn".
    std::string source_ports_text() const;
    // What is wrong with --source-port beside the other options; empty if nothing is.
    std::string mistake_in_ports(const Cli& cli, bool measures) const;
    // Checks that nobody uses the ports from number `from` on.
    net::Status check_source_ports(net::Family family, std::size_t from) const;

    bool has_message() const { return operands.size() > 2; }
    // The words after HOST and PORT, joined by blanks and terminated by a newline. Call it only if
    // has_message().
    std::string message() const;

    // Appends HOST PORT and each --target to `targets`, checked but not resolved. Returns an exit
    // status if there is a mistake, which is then already printed. At least one is needed, unless
    // others are listed in a file.
    std::optional<int> add_targets(const Cli& cli, Io io, std::vector<Target>& targets,
                                   bool has_file) const;
    // A server as named on the command line or in a file. Fails if the host or the port is wrong.
    net::Result<Target> target(const net::HostPort& text) const;

    // The family that -4, -6 or --source selects.
    net::Family family() const;

    // Resolves the target's host and sets its endpoints. Blocks for at most `limit`, and until
    // `stop` (may be null) is raised.
    net::Status resolve(Target& target, std::chrono::nanoseconds limit,
                        const net::StopSignal* stop) const;
    // Adds to the hint of an error of a lookup that --source selected the family.
    net::Error with_hint_of_source(net::Error error) const;

    // Returns a function that prepares a new socket: on TCP, urgent data stays in the stream, since
    // an echo server returns it like all other data; then the options of --set are applied. The
    // function refers to this object.
    net::Prepare prepare() const;

    // A JSON result object with the target, its address and the mode.
    report::Json result(const NamedServer& server) const;

    // Prints `error`, with --json also as a result object for each server, and returns `status`, or
    // exit_output if the output cannot be written. Other servers may follow. Without any, the
    // object has no target.
    int fail(Io io, const net::Error& error, int status,
             std::span<const NamedServer> servers = {}) const;
    int fail(Io io, const net::Error& error, int status, const NamedServer& server) const {
        return fail(io, error, status, std::span(&server, 1));
    }
};

// Calls `work` with each number below `count`, on up to 64 threads, and blocks until all calls have
// returned. If no thread can be started, the calls are made on the calling thread.
void at_once(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace sockbox::tools

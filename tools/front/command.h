// The commands: each a function of arguments and streams that returns its exit status.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/json.h"
#include "system/result.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// The exit statuses of all commands; the man pages' EXIT STATUS lists them.
enum Exit : int {
    exit_ok = 0,
    exit_usage = 1,       // the command line was wrong
    exit_unresolved = 2,  // a name could not be resolved
    exit_refused = 3,     // the network or the system refused
    exit_mismatch = 4,    // the echo was not what was sent, or not all of it came back
    exit_output = 5,      // writing the output failed
};

using Args = std::span<const std::string>;  // the words after the command's name

// A command returns only when it is done: it starts no thread that outlives it.
using Run = int (*)(Args, Io);

struct Command {
    std::string_view name;
    std::string_view summary;
    Run run;
};

int showip(Args args, Io io);
int sockopt(Args args, Io io);
int echod(Args args, Io io);
int echo(Args args, Io io);
int udpecho(Args args, Io io);

// {"symbol": "ECONNREFUSED", "code": 111, "message": "Connection refused"}: the system's name or
// null, its number, and the reason alone.
report::Json to_json(const net::Error& error);

// "TOOL: what went wrong", and a second line "TOOL: hint: …" where the error has one.
void complain(Io io, std::string_view tool, const net::Error& error);

// Ends a command: flushes the output, and turns a failure of it into exit_output and one line. A
// closed pipe is no failure: whoever read it has seen enough.
int finish(Io io, std::string_view tool, int status);

// The status of a failure: exit_unresolved for the resolver's codes, else exit_refused.
int status_of(const net::Error& error);

// The status of what a signal ended, as a shell tells it: 130 or 143. net::Interrupts caught it.
int status_of_interrupt() noexcept;

}  // namespace sockbox::tools

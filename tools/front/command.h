// The five commands as functions of arguments and streams, and how all of them report errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/json.h"
#include "system/result.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// The exit statuses of all commands, as listed under EXIT STATUS in the man pages.
enum Exit : int {
    exit_ok = 0,
    exit_usage = 1,       // the command line was invalid
    exit_unresolved = 2,  // a name could not be resolved
    exit_refused = 3,     // the network or the system refused an operation
    exit_mismatch = 4,    // the echo was incomplete or differed from what was sent
    exit_output = 5,      // writing the output failed
};

using Args = std::span<const std::string>;  // the words after the command's name

// Runs a command and returns its exit status. No thread that it started outlives the call.
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

// Runs a command with the words that main() got, which begin with the program's path: under the
// name that it was started by, if that is one of its names.
int run_as(const Command& command, Args words, Io io);

// Whether the command is also installed under this name: echo as tcpecho.
bool is_name_of(std::string_view command, std::string_view name) noexcept;

// The name of the program with this path: "showip" for "/usr/bin/showip" and for "showip.exe".
std::string_view program_name(std::string_view path) noexcept;

// A word as a shell reads it: quoted if necessary.
std::string shell_word(std::string_view word);

// "; did you mean 'showip'?" for the name that differs from `unknown` by the fewest characters;
// empty if none is near.
std::string did_you_mean(std::string_view unknown, std::span<const std::string> names);

// {"symbol": "ECONNREFUSED", "code": 111, "message": "Connection refused"}: the name of the code
// (null if it has none), its number, and the system's words, with `detail` if there is more to
// report. If it is not the system's error, `message` is the reason.
report::Json to_json(const net::Error& error);

// Prints "TOOL: message" to standard error, and "TOOL: hint: …" on a second line if the error has a
// hint. Control characters are escaped.
void print_error(Io io, std::string_view tool, const net::Error& error);

// Flushes the output and returns `status`. If writing failed, prints an error and returns
// exit_output instead. A closed pipe does not count as a failure: its reader chose to stop.
int flush(Io io, std::string_view tool, int status);

// The same as the last act of a command, after which signals that come late do not end the process.
int finish(Io io, std::string_view tool, int status);

// Ignores signals from now on if the process ends with the command; see net::ignore_late_signals().
void ignore_late_signals(Io io) noexcept;

// The exit status for an error: status_of_interrupt() for std::errc::operation_canceled,
// exit_unresolved for codes of the resolver, exit_refused otherwise.
int status_of(const net::Error& error);

// The exit status after a signal, as in a shell: 128 plus its number, such as 130 for SIGINT. Call
// it only after net::Interrupts has caught the signal.
int status_of_interrupt() noexcept;

}  // namespace sockbox::tools

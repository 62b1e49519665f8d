// Options and output common to both servers, echod and udpecho --listen.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/endpoint.h"
#include "report/json.h"
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/faults/faults.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// Declares --allow, --deny, --udp-rate, --answer-privileged and --answer-own-port, which change
// `options`.
void declare_access(Cli& cli, serve::DatagramOptions& options);

// Prints `error`, and with `json` also as a result object.
void print_failure(Io io, std::string_view tool, const net::Error& error, bool json);

// Where a command prints its failures.
struct FailureOutput {
    std::string_view tool;
    bool json = false;
    Io io;
};

// Looks up an address of --bind, which blocks. A signal then ends the process at once; with
// `json`, a result object with the error ECANCELED is printed first. To be called before `io` is
// used by another thread, and before net::Interrupts exist.
net::Result<std::vector<net::Endpoint>> resolve_to_bind(const FailureOutput& failures,
                                                        const std::string& host, net::Family family,
                                                        net::Transport transport);

// Drops privileges that the server does not need: --user and --no-sandbox.
class Confinement {
  public:
    void declare(Cli& cli);
    // Declares only --user, for a command that declares --no-sandbox itself.
    void declare_user(Cli& cli);
    void leave_out_sandbox(bool wanted) { no_sandbox_ = wanted; }

    // Looks up the user of --user, if given. Fails with std::errc::invalid_argument if there is no
    // such user.
    net::Status look_up();

    // Changes the user, drops capabilities and denies access to files, as specified. Call it
    // before any other thread starts. `own_file` is the path of a file that is given to the new
    // user, or empty. `before_sandbox` is called between the two. Fails if the user cannot be
    // changed; other failures are reported by deny_system_calls().
    net::Status drop_rights(const std::string& own_file,
                            const std::function<void()>& before_sandbox);

    // Denies the system calls that the engine does not need; call it when the engine is ready to
    // serve; `engine` is that of serve::deny_system_calls(). Then calls `print_line` with one line
    // on the parts of the sandbox that are in force, and one line for each part that was skipped,
    // if `verbose` or if that was not to be expected.
    void deny_system_calls(std::string_view engine, bool verbose,
                           const std::function<void(std::string_view)>& print_line);

  private:
    net::Status become_user(const std::string& own_file);

    std::string user_name_;
    std::optional<serve::User> user_;
    bool no_sandbox_ = false;
    serve::SandboxReport report_;
};

// The faults that a server causes on purpose: --fault and --seed.
class FaultOptions {
  public:
    void declare(Cli& cli);

    // An error message if a fault applies to none of the transports served, otherwise empty.
    std::string mistake(bool tcp, bool udp) const;

    // The requested faults, timed from now; null if there are none.
    std::shared_ptr<const serve::Faults> plan() const;

  private:
    serve::Faults faults_;
    std::optional<std::int64_t> seed_;
};

// Text for a ready line: ", fault delay=20ms, seed 7". Empty if `plan` is null or does not concern
// the transport.
std::string faults_to_text(const serve::Faults* plan, net::Transport transport);
// Sets the same as members "faults" and "seed".
void set_faults(report::Json& line, const serve::Faults* plan, net::Transport transport);

// Returns `into` with a member for each counter.
report::Json set_counts(report::Json into, const serve::DatagramCounters& counters);

}  // namespace sockbox::tools

// What the command lines of the two servers, echod and udpecho --listen, have in common.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "report/json.h"
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "serve/datagrams/datagram_echo.h"
#include "serve/faults/faults.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// Declares the options, each of which changes `options`.
void declare_access(Cli& cli, serve::DatagramOptions& options);

class Confinement {
  public:
    void declare(Cli& cli);

    // Looks up the user; fails with std::errc::invalid_argument where there is none of that name.
    net::Status look_up();

    // Gives up rights and files, before any other thread starts. `removable` is the path of a file
    // that is removed at the end, or empty. Fails where the user cannot be changed.
    net::Status drop_rights(const std::string& removable);

    // Gives up the system calls that the engine does not need, once it is ready to serve; then
    // `tell` hears what was entered of the sandbox and what was not.
    void forbid_calls(std::string_view engine, const std::function<void(std::string_view)>& tell);

  private:
    net::Status become_user(const std::string& removable);

    std::string user_name_;
    std::optional<serve::User> user_;
    bool no_sandbox_ = false;
    serve::SandboxReport report_;
};

class FaultOptions {
  public:
    void declare(Cli& cli);

    // A fault that none of the transports served can have; empty where there is none.
    std::string mistake(bool tcp, bool udp) const;

    // What was asked for, from now on; null where nothing was.
    std::shared_ptr<const serve::Faults> plan() const;

  private:
    serve::Faults faults_;
    std::optional<std::int64_t> seed_;
};

// ", fault delay=20ms, seed 7" for a ready line; empty where the plan (may be null) does not
// concern that transport.
std::string fault_text(const serve::Faults* plan, net::Transport transport);
// The same as members "faults" and "seed".
void set_faults(report::Json& line, const serve::Faults* plan, net::Transport transport);

// `into` with a member for each counter.
report::Json set_counts(report::Json into, const serve::DatagramCounters& counters);

}  // namespace sockbox::tools

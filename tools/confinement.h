// --user and --no-sandbox: what a server gives up before it serves anyone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "serve/privileges.h"
#include "serve/sandbox.h"
#include "tools/cli.h"

namespace sockbox::tools {

class Confinement {
  public:
    void declare(Cli& cli);

    // Looks up the user; fails with std::errc::invalid_argument where there is none of that name.
    net::Status look_up();

    // Gives up rights, files and system calls, before any other thread starts. `removable` is the
    // path of a file that is removed at the end, or empty. Fails where the user cannot be changed;
    // of the rest, `tell` hears what was entered and what was not.
    net::Status enter(std::string_view engine, const std::string& removable,
                      const std::function<void(std::string_view)>& tell) const;

  private:
    net::Status drop_rights(const std::string& removable, serve::SandboxReport& report) const;

    std::string user_name_;
    std::optional<serve::User> user_;
    bool no_sandbox_ = false;
};

}  // namespace sockbox::tools

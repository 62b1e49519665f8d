// --user and --no-sandbox: what a server gives up before it serves anyone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

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

}  // namespace sockbox::tools

// Entering the sandbox, and telling of it.
#include "tools/server/confinement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sockbox::tools {

void Confinement::declare(Cli& cli) {
    cli.option("--user", "NAME", "switch to this user once the sockets are open",
               take_text(user_name_))
        .flag("--no-sandbox", "keep access to files and all system calls", no_sandbox_);
}

net::Status Confinement::look_up() {
    if (user_name_.empty())
        return {};
    auto found = serve::find_user(user_name_);
    if (!found)
        return net::fail(found.error());
    user_ = std::move(*found);
    return {};
}

net::Status Confinement::become_user(const std::string& removable) {
    if (user_ && !removable.empty())
        if (auto given = serve::give_file(removable, *user_); !given)
            return given;
    auto dropped = serve::drop_privileges(user_ ? &*user_ : nullptr);
    if (!dropped && user_)
        return dropped;
    if (user_)
        report_.entered.push_back("user " + user_->name);
    if (dropped)
        report_.entered.emplace_back("no capabilities");
    else
        report_.left_out.push_back(dropped.error().message());
    return {};
}

net::Status Confinement::drop_rights(const std::string& removable) {
    if (user_ || !no_sandbox_)
        if (auto became = become_user(removable); !became)
            return became;
    if (no_sandbox_)
        report_.left_out.emplace_back("--no-sandbox");
    else
        serve::leave_files(
            removable.empty() ? std::vector<std::string>() : std::vector<std::string>{removable},
            report_);
    return {};
}

void Confinement::forbid_calls(std::string_view engine,
                               const std::function<void(std::string_view)>& tell) {
    if (!no_sandbox_)
        serve::forbid_calls(engine, report_);
    if (!report_.entered.empty())
        tell(fmt::format("sandbox: {}", fmt::join(report_.entered, ", ")));
    for (const std::string& reason : report_.left_out)
        tell("sandbox: skipped: " + reason);
}

}  // namespace sockbox::tools

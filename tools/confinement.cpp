// Entering the sandbox, and telling of it.
#include "tools/confinement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sockbox::tools {

void Confinement::declare(Cli& cli) {
    cli.option("--user", "NAME", "become that user once the sockets are open",
               take_text(user_name_))
        .flag("--no-sandbox", "keep files and all system calls within reach", no_sandbox_);
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

net::Status Confinement::drop_rights(const std::string& removable,
                                     serve::SandboxReport& report) const {
    if (!user_ && no_sandbox_)
        return {};
    if (user_ && !removable.empty())
        if (auto given = serve::give_file(removable, *user_); !given)
            return given;
    auto dropped = serve::drop_privileges(user_ ? &*user_ : nullptr);
    if (!dropped && user_)
        return dropped;
    if (user_)
        report.entered.push_back("user " + user_->name);
    if (dropped)
        report.entered.emplace_back("no capabilities");
    else
        report.left_out.push_back(dropped.error().message());
    return {};
}

net::Status Confinement::enter(std::string_view engine, const std::string& removable,
                               const std::function<void(std::string_view)>& tell) const {
    serve::SandboxReport report;
    if (auto dropped = drop_rights(removable, report); !dropped)
        return dropped;
    if (no_sandbox_) {
        report.left_out.emplace_back("--no-sandbox");
    } else {
        serve::SandboxPlan plan{engine, {}};
        if (!removable.empty())
            plan.removable.push_back(removable);
        serve::enter_sandbox(plan, report);
    }
    if (!report.entered.empty())
        tell(fmt::format("sandbox: {}", fmt::join(report.entered, ", ")));
    for (const std::string& reason : report.left_out)
        tell("sandbox: left out: " + reason);
    return {};
}

}  // namespace sockbox::tools

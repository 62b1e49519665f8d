// The sandbox on Linux: Landlock, then seccomp, which forbids Landlock's own calls.
#include "serve/sandbox.h"

#include "serve/landlock_linux.h"
#include "serve/seccomp_linux.h"

namespace sockbox::serve {

void enter_sandbox(const SandboxPlan& plan, SandboxReport& report) {
#ifdef SOCKBOX_SANITIZED
    report.left_out.emplace_back("a sanitizer of this build needs files and system calls");
    static_cast<void>(plan);
#else
    const auto note = [&report](std::string_view name, const net::Status& entered) {
        if (entered)
            report.entered.emplace_back(name);
        else
            report.left_out.push_back(entered.error().message());
    };
    note("Landlock", enter_landlock(plan.removable));
    note("seccomp", enter_seccomp(plan.engine));
#endif
}

}  // namespace sockbox::serve

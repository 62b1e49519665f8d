// The Linux sandbox: Landlock, then seccomp, which denies Landlock's own system calls.
#include "serve/confine/sandbox.h"

#include "serve/confine/linux/landlock.h"
#include "serve/confine/linux/seccomp.h"

namespace sockbox::serve {
namespace {

#ifdef SOCKBOX_SANITIZED
constexpr bool sanitized = true;  // sanitizers need files and system calls
#else
constexpr bool sanitized = false;
#endif

void note(std::string_view name, const net::Status& entered, SandboxReport& report) {
    if (entered)
        report.entered.emplace_back(name);
    else
        report.left_out.push_back(entered.error().message());
}

}  // namespace

void leave_files(const std::vector<std::string>& removable, SandboxReport& report) {
    if (sanitized)
        report.left_out.emplace_back("a sanitizer of this build needs files and system calls");
    else
        note("Landlock", enter_landlock(removable), report);
}

void forbid_calls(std::string_view engine, SandboxReport& report) {
    if (!sanitized)
        note("seccomp", enter_seccomp(engine), report);
}

}  // namespace sockbox::serve

// There is no sandbox of this kind on Windows.
#include "serve/sandbox.h"

namespace sockbox::serve {

void enter_sandbox(const SandboxPlan& /*plan*/, SandboxReport& report) {
    report.left_out.emplace_back("not on this platform");
}

}  // namespace sockbox::serve

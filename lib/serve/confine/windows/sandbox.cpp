// There is no such sandbox on Windows.
#include "serve/confine/sandbox.h"

namespace sockbox::serve {

void leave_files(const std::vector<std::string>& /*removable*/, SandboxReport& report) {
    report.left_out.emplace_back("not on this platform");
}

void forbid_calls(std::string_view /*engine*/, SandboxReport& /*report*/) {}

}  // namespace sockbox::serve

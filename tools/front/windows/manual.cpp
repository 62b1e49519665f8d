// Finds the directory of the commands on Windows, which has no manual pages.
#include <array>
#include <filesystem>

#include "system/platform.h"
#include "tools/front/manual.h"

namespace sockbox::tools {

std::optional<int> show_manual(std::string_view /*command*/) {
    return std::nullopt;
}

// The directory of the package if it exists, otherwise that of the running program.
std::string exec_path() {
    std::array<wchar_t, 4096> path{};
    ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size() - 1));
    const auto own = std::filesystem::path(path.data()).parent_path();
    const auto installed = own.parent_path() / SOCKBOX_LIBEXEC_NAME / "sockbox";
    std::error_code unknown;
    const bool is_there = std::filesystem::is_directory(installed, unknown);
    const auto folder =
        std::filesystem::path(is_there ? installed : own).make_preferred().u8string();
    return {folder.begin(), folder.end()};
}

}  // namespace sockbox::tools

// Windows has no manual pages; the commands lie beside the program that runs.
#include <array>
#include <filesystem>

#include "net/platform.h"
#include "tools/manual.h"

namespace sockbox::tools {

std::optional<int> show_manual(std::string_view /*command*/) {
    return std::nullopt;
}

std::string exec_path() {
    std::array<wchar_t, 4096> path{};
    ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size() - 1));
    const auto folder = std::filesystem::path(path.data()).parent_path().u8string();
    return {folder.begin(), folder.end()};
}

}  // namespace sockbox::tools

// Writing under another name and renaming.
#include "tools/whole_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "net/platform.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;

std::error_code write(const fs::path& path, std::string_view content) {
    errno = 0;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (file)
        return {};
    return {errno != 0 ? errno : EIO, std::generic_category()};
}

std::error_code write_and_rename(const fs::path& path, std::string_view content) {
    fs::path unfinished = path;
    unfinished += ".new";
    std::error_code code = write(unfinished, content);
    if (!code)
        fs::rename(unfinished, path, code);
    std::error_code ignored;
    if (code)
        fs::remove(unfinished, ignored);
    return code;
}

}  // namespace

net::Status write_whole(const std::string& path, std::string_view content,
                        std::string_view action) {
    std::error_code code;
    fs::path target(std::u8string(path.begin(), path.end()));
    if (fs::exists(target, code) && fs::is_symlink(target, code))
        target = fs::canonical(target, code);  // else the link would be replaced
    const auto kind = fs::status(target, code).type();
    const bool is_plain = kind == fs::file_type::regular || kind == fs::file_type::not_found;
    code = is_plain ? write_and_rename(target, content) : write(target, content);
    if (!code)
        return {};
    const auto condition = static_cast<std::errc>(code.default_error_condition().value());
    return net::fail({net::platform::error_of(condition), std::string(action), path, {}, {}});
}

}  // namespace sockbox::tools

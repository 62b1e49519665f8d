// Writing under another name and renaming.
#include "tools/front/whole_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "system/platform.h"

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

fs::path beside(const fs::path& path) {
    fs::path unfinished = path;
    unfinished += ".new";
    return unfinished;
}

std::error_code write_and_rename(const fs::path& path, std::string_view content) {
    const fs::path unfinished = beside(path);
    std::error_code code = write(unfinished, content);
    if (!code)
        fs::rename(unfinished, path, code);
    std::error_code ignored;
    if (code)
        fs::remove(unfinished, ignored);
    return code;
}

// Where a path leads to: else a link would be replaced.
fs::path destination(const std::string& path) {
    std::error_code code;
    fs::path target(std::u8string(path.begin(), path.end()));
    if (fs::exists(target, code) && fs::is_symlink(target, code))
        target = fs::canonical(target, code);
    return target;
}

bool is_plain(const fs::path& path) {
    std::error_code code;
    const auto kind = fs::status(path, code).type();
    return kind == fs::file_type::regular || kind == fs::file_type::not_found;
}

net::Status outcome(const std::error_code& code, const std::string& path, std::string_view action) {
    if (!code)
        return {};
    const auto condition = static_cast<std::errc>(code.default_error_condition().value());
    return net::fail({net::platform::error_of(condition), std::string(action), path, {}, {}});
}

}  // namespace

net::Status write_whole(const std::string& path, std::string_view content,
                        std::string_view action) {
    const fs::path target = destination(path);
    return outcome(is_plain(target) ? write_and_rename(target, content) : write(target, content),
                   path, action);
}

net::Status can_write_whole(const std::string& path, std::string_view action) {
    const fs::path target = destination(path);
    std::error_code code;
    if (fs::is_directory(target, code))
        code = std::make_error_code(std::errc::is_a_directory);
    else if (is_plain(target))
        code = write(beside(target), {});
    else
        return {};  // a device or a pipe, which opening alone may change
    std::error_code ignored;
    if (!code)
        fs::remove(beside(target), ignored);
    return outcome(code, path, action);
}

}  // namespace sockbox::tools

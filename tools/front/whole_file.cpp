// Writing a file under another name and renaming it.
#include "tools/front/whole_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

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

// Follows a symbolic link, which rename() would otherwise replace.
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

namespace fs = std::filesystem;

tl::unexpected<net::Error> failed(const std::string& path, const std::error_code& code,
                                  std::string_view result) {
    const auto condition = static_cast<std::errc>(code.default_error_condition().value());
    return net::fail(
        {net::platform::error_of(condition), "remove port file", path, {}, std::string(result)});
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
        return {};  // a device or a pipe: merely opening it may have an effect
    std::error_code ignored;
    if (!code)
        fs::remove(beside(target), ignored);
    return outcome(code, path, action);
}

PortFile::~PortFile() {
    static_cast<void>(remove());
}

net::Status PortFile::remove() {
    const std::string path = std::exchange(path_, {});
    std::error_code code;
    if (path.empty() || fs::status(path, code).type() != fs::file_type::regular)
        return {};
    const bool is_link = fs::is_symlink(path, code);  // its target was not created by us
    if (!is_link && fs::remove(path, code))
        return {};
    std::error_code still_there;
    fs::resize_file(path, 0, still_there);
    if (is_link && !still_there)
        return {};
    return failed(path, is_link ? still_there : code,
                  still_there ? "it still contains the port" : "it was emptied instead");
}

net::Status PortFile::write(const std::string& path, std::uint16_t port) {
    auto written = write_whole(path, std::to_string(port) + '\n', "write port file");
    if (written)
        path_ = path;
    return written;
}

}  // namespace sockbox::tools

// Writing the port file under another name and renaming it.
#include "tools/port_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace sockbox::tools {
namespace {

tl::unexpected<net::Error> failure(const std::string& path, std::error_code code) {
    return net::fail({code, "write port file", path, {}, {}});
}

}  // namespace

PortFile::~PortFile() {
    std::error_code ignored;
    if (!path_.empty())
        std::filesystem::remove(path_, ignored);
}

net::Status PortFile::write(const std::string& path, std::uint16_t port) {
    const std::string unfinished = path + ".new";
    errno = 0;
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    file << port << '\n';
    file.close();
    std::error_code code(file ? 0 : errno, std::system_category());
    if (!code)
        std::filesystem::rename(unfinished, path, code);
    if (!code) {
        path_ = path;
        return {};
    }
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    return failure(path, code);
}

}  // namespace sockbox::tools

// The port as a line of a file.
#include "tools/port_file.h"

#include <filesystem>
#include <utility>

#include "tools/whole_file.h"

namespace sockbox::tools {

PortFile::~PortFile() {
    static_cast<void>(remove());
}

net::Status PortFile::remove() {
    namespace fs = std::filesystem;
    std::error_code code;
    const std::string path = std::exchange(path_, {});
    if (path.empty() || fs::symlink_status(path, code).type() != fs::file_type::regular)
        return {};
    fs::remove(path, code);
    if (!code)
        return {};
    std::error_code ignored;
    fs::resize_file(path, 0, ignored);
    return net::fail({code, "remove port file", path, {}, {}});
}

net::Status PortFile::write(const std::string& path, std::uint16_t port) {
    auto written = write_whole(path, std::to_string(port) + '\n', "write port file");
    if (written)
        path_ = path;
    return written;
}

}  // namespace sockbox::tools

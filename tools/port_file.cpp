// The port as a line of a file.
#include "tools/port_file.h"

#include <filesystem>

#include "tools/whole_file.h"

namespace sockbox::tools {

PortFile::~PortFile() {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (!path_.empty() && fs::symlink_status(path_, ignored).type() == fs::file_type::regular)
        fs::remove(path_, ignored);
}

net::Status PortFile::write(const std::string& path, std::uint16_t port) {
    auto written = write_whole(path, std::to_string(port) + '\n', "write port file");
    if (written)
        path_ = path;
    return written;
}

}  // namespace sockbox::tools

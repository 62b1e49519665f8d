// The port as a line of a file.
#include "tools/front/port_file.h"

#include <filesystem>
#include <utility>

#include "system/platform.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;

tl::unexpected<net::Error> failed(const std::string& path, const std::error_code& code,
                                  std::string_view result) {
    const auto condition = static_cast<std::errc>(code.default_error_condition().value());
    return net::fail(
        {net::platform::error_of(condition), "remove port file", path, {}, std::string(result)});
}

}  // namespace

PortFile::~PortFile() {
    static_cast<void>(remove());
}

net::Status PortFile::remove() {
    const std::string path = std::exchange(path_, {});
    std::error_code code;
    if (path.empty() || fs::status(path, code).type() != fs::file_type::regular)
        return {};
    const bool is_link = fs::is_symlink(path, code);  // to somebody else's file, which stays
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

// The port file, and whole files written in one step.
#include "tools/front/whole_file.h"

#include <utility>

namespace sockbox::tools {

net::Status write_whole(const std::string& path, std::string_view content, std::string_view action,
                        Output& standard) {
    auto file = WholeFile::prepare(path, content, action);
    if (!file)
        return net::fail(file.error());
    return file->publish(standard);
}

PortFile::~PortFile() {
    static_cast<void>(remove());
}

net::Status PortFile::prepare(const std::string& path, std::uint16_t port) {
    auto file = WholeFile::prepare(path, std::to_string(port) + '\n', "write port file");
    if (!file)
        return net::fail(file.error());
    path_ = path;
    file_ = std::move(*file);
    return {};
}

net::Status PortFile::publish(Output& standard) {
    if (!file_)
        return {};
    auto published = file_->publish(standard);
    if (!published || !file_->is_regular())
        file_.reset();
    return published;
}

std::string PortFile::removable() const {
    return file_ ? path_ : std::string();
}

net::Status PortFile::remove() {
    auto file = std::exchange(file_, std::nullopt);
    return file ? file->withdraw() : net::Status();
}

}  // namespace sockbox::tools

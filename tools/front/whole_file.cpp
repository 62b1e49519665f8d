// The port file, and whole files written in one step.
#include "tools/front/whole_file.h"

#include <utility>

#include "text/text.h"
#include "tools/front/output_file.h"

namespace sockbox::tools {

WholeFile::WholeFile(std::unique_ptr<OutputFile> file, const std::string& path,
                     std::string_view content, std::string_view action)
    : file_(std::move(file)), path_(net::escape(path)), content_(content), action_(action) {}
WholeFile::WholeFile(WholeFile&&) noexcept = default;
WholeFile& WholeFile::operator=(WholeFile&&) noexcept = default;
WholeFile::~WholeFile() = default;

net::Status WholeFile::outcome(std::error_code code) const {
    return code ? net::Status(net::fail({code, action_, path_, {}, {}})) : net::Status();
}

net::Result<WholeFile> WholeFile::prepare(const std::string& path, std::string_view content,
                                          std::string_view action) {
    auto found = OutputFile::find(path);
    if (!found)
        return net::fail({found.error().code, std::string(action), net::escape(path), {}, {}});
    WholeFile file(std::move(*found), path, content, action);
    if (auto prepared = file.outcome(file.file_->prepare(content)); !prepared)
        return net::fail(prepared.error());
    return file;
}

bool WholeFile::is_regular() const {
    return file_->is_regular();
}

net::Status WholeFile::publish(Output& standard) {
    if (is_regular())
        return outcome(file_->replace());
    standard.flush();
    if (!file_->is_standard())
        return outcome(file_->write(content_));
    standard.write(content_);
    standard.flush();
    return {};
}

net::Status WholeFile::withdraw() {
    if (!is_regular() || !file_->is_in_place(content_))
        return {};
    const bool is_link = file_->is_link();
    std::error_code refused;
    if (!is_link && !(refused = file_->remove()))
        return {};
    const std::error_code still_full = file_->empty();
    if (is_link && !still_full)
        return {};
    return net::fail({is_link ? still_full : refused,
                      "remove port file",
                      path_,
                      {},
                      still_full ? "it still contains the port" : "it was emptied instead"});
}

net::Status can_write_whole(const std::string& path, std::string_view action) {
    if (const auto found = OutputFile::find(path); found && !(*found)->is_regular())
        return {};
    const auto file = WholeFile::prepare(path, {}, action);
    return file ? net::Status() : net::fail(file.error());
}

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

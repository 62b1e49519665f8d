// Files written as a whole on Windows: under a unique name, then renamed.
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>

#include "system/platform.h"
#include "tools/front/output_file.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;

// Identifies a file as long as it exists.
struct Identity {
    DWORD volume = 0;
    std::uint64_t index = 0;
    bool operator==(const Identity&) const = default;
};

// Opens a file or a device without any access to its content, and calls `look` with the handle.
template <class Look>
bool look_at(const fs::path& path, const Look& look) {
    const HANDLE file =
        ::CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    const bool result = look(file);
    ::CloseHandle(file);
    return result;
}

std::optional<Identity> identity_of(const fs::path& path) {
    BY_HANDLE_FILE_INFORMATION found{};
    const bool known = look_at(
        path, [&found](HANDLE file) { return ::GetFileInformationByHandle(file, &found) != 0; });
    if (!known)
        return std::nullopt;
    return Identity{found.dwVolumeSerialNumber,
                    std::uint64_t{found.nFileIndexHigh} << 32 | found.nFileIndexLow};
}

// NUL, CON and the like, which the file system does not list.
bool is_device(const fs::path& path) {
    return look_at(path, [](HANDLE file) { return ::GetFileType(file) == FILE_TYPE_CHAR; });
}

std::error_code native(const std::error_code& code) {
    if (!code)
        return {};
    return net::platform::error_of(static_cast<std::errc>(code.default_error_condition().value()));
}

std::error_code write_to(const fs::path& path, int mode, std::string_view content) {
    const int file =
        ::_wopen(path.c_str(), mode | _O_WRONLY | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
    if (file < 0)
        return native({errno, std::generic_category()});
    std::error_code code;
    auto rest = std::as_bytes(std::span(content));
    while (!rest.empty() && !code) {
        const std::ptrdiff_t put = net::platform::write_file(file, rest);
        if (put < 0)
            code = net::platform::last_file_error();
        else
            rest = rest.subspan(static_cast<std::size_t>(put));
    }
    ::_commit(file);  // fails for a device
    ::_close(file);
    return code;
}

struct OwnFile final : OutputFile {
    explicit OwnFile(const std::string& path) : target(std::u8string(path.begin(), path.end())) {
        std::error_code code;
        link = fs::is_symlink(target, code);
        if (link && fs::exists(target, code))
            target = fs::canonical(target, code);
        standard = path == "-";
        const auto kind = fs::status(target, code).type();
        regular = !standard && !is_device(target) &&
                  (kind == fs::file_type::regular || kind == fs::file_type::not_found);
        is_folder = kind == fs::file_type::directory;
    }
    OwnFile(const OwnFile&) = delete;
    OwnFile& operator=(const OwnFile&) = delete;
    ~OwnFile() override {
        std::error_code ignored;
        if (!unfinished.empty())
            fs::remove(unfinished, ignored);
    }

    bool is_regular() const override { return regular; }
    bool is_standard() const override { return standard; }
    bool is_link() const override { return link; }

    std::error_code prepare(std::string_view content) override {
        std::error_code code;
        if (!regular)
            return code;
        do {
            unfinished = target;
            unfinished.replace_filename(fmt::format(".sockbox.{:08x}", std::random_device()()));
            code = write_to(unfinished, _O_CREAT | _O_EXCL, content);
        } while (code == std::errc::file_exists);
        return code;
    }

    std::error_code replace() override {
        std::error_code code;
        fs::rename(unfinished, target, code);
        if (code)
            return native(code);
        unfinished.clear();
        published = identity_of(target);
        return {};
    }

    std::error_code write(std::string_view content) override {
        return write_to(target, 0, content);
    }

    bool is_in_place(std::string_view content) const override {
        std::string now(content.size() + 1, '\0');
        std::ifstream file(target, std::ios::binary);
        file.read(now.data(), std::ssize(now));
        return published && identity_of(target) == published &&
               file.gcount() == std::ssize(content) && now.starts_with(content);
    }

    std::error_code remove() override {
        std::error_code code;
        fs::remove(target, code);
        return native(code);
    }
    std::error_code empty() override {
        std::error_code code;
        fs::resize_file(target, 0, code);
        return native(code);
    }

    fs::path target;  // links followed
    bool link = false;
    bool standard = false;
    bool regular = false;
    bool is_folder = false;
    fs::path unfinished;
    std::optional<Identity> published;
};

}  // namespace

net::Result<std::unique_ptr<OutputFile>> OutputFile::find(const std::string& path) {
    auto file = std::make_unique<OwnFile>(path);
    if (file->is_folder)
        return net::fail({net::platform::error_of(std::errc::is_a_directory), {}, {}, {}, {}});
    return file;
}

bool is_same_file(const std::string& one, const std::string& other) {
    const OwnFile first(one);
    const OwnFile second(other);
    if (first.standard || second.standard)
        return first.standard && second.standard;
    if (!first.regular || !second.regular)
        return false;
    std::error_code code;
    const auto identity = identity_of(first.target);
    return identity ? identity == identity_of(second.target)
                    : fs::absolute(first.target, code) == fs::absolute(second.target, code);
}

}  // namespace sockbox::tools

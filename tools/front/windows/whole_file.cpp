// Files written as a whole on Windows: under a unique name, then renamed.
#include "tools/front/whole_file.h"

#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <random>

#include "system/platform.h"
#include "text/text.h"

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

}  // namespace

struct WholeFile::State {
    State(std::string given, std::string_view what) : path(std::move(given)), action(what) {
        target = fs::path(std::u8string(path.begin(), path.end()));
        std::error_code code;
        is_link = fs::is_symlink(target, code);
        if (is_link && fs::exists(target, code))
            target = fs::canonical(target, code);
        is_standard = path == "-";
        const auto kind = fs::status(target, code).type();
        is_regular = !is_standard && !is_device(target) &&
                     (kind == fs::file_type::regular || kind == fs::file_type::not_found);
        is_folder = kind == fs::file_type::directory;
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        std::error_code ignored;
        if (!unfinished.empty())
            fs::remove(unfinished, ignored);
    }

    net::Status outcome(const std::error_code& code) const {
        if (!code)
            return {};
        return net::fail({code, action, net::escape(path), {}, {}});
    }

    std::error_code prepare(std::string_view content) {
        if (is_folder)
            return net::platform::error_of(std::errc::is_a_directory);
        if (!is_regular) {
            text = content;
            return {};
        }
        std::error_code code;
        do {
            unfinished = target;
            unfinished.replace_filename(fmt::format(".sockbox.{:08x}", std::random_device()()));
            code = write_to(unfinished, _O_CREAT | _O_EXCL, content);
        } while (code == std::errc::file_exists);
        return code;
    }

    std::error_code replace() {
        std::error_code code;
        fs::rename(unfinished, target, code);
        if (code)
            return native(code);
        unfinished.clear();
        published = identity_of(target);
        return {};
    }

    const std::string path;
    const std::string action;
    fs::path target;  // links followed
    bool is_link = false;
    bool is_standard = false;
    bool is_regular = false;
    bool is_folder = false;
    fs::path unfinished;
    std::optional<Identity> published;
    std::string text;  // for what is not a regular file
};

WholeFile::WholeFile(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
WholeFile::WholeFile(WholeFile&&) noexcept = default;
WholeFile& WholeFile::operator=(WholeFile&&) noexcept = default;
WholeFile::~WholeFile() = default;

net::Result<WholeFile> WholeFile::prepare(const std::string& path, std::string_view content,
                                          std::string_view action) {
    auto state = std::make_unique<State>(path, action);
    if (auto prepared = state->outcome(state->prepare(content)); !prepared)
        return net::fail(prepared.error());
    return WholeFile(std::move(state));
}

bool WholeFile::is_regular() const {
    return state_->is_regular;
}

net::Status WholeFile::publish(Output& standard) {
    if (is_regular())
        return state_->outcome(state_->replace());
    standard.flush();
    if (!state_->is_standard)
        return state_->outcome(write_to(state_->target, 0, state_->text));
    standard.write(state_->text);
    standard.flush();
    return {};
}

net::Status WholeFile::withdraw() {
    if (!is_regular() || !state_->published || identity_of(state_->target) != state_->published)
        return {};
    std::error_code code;
    if (!state_->is_link && fs::remove(state_->target, code))
        return {};
    std::error_code still_there;
    fs::resize_file(state_->target, 0, still_there);
    if (state_->is_link && !still_there)
        return {};
    return net::fail({native(state_->is_link ? still_there : code),
                      "remove port file",
                      net::escape(state_->path),
                      {},
                      still_there ? "it still contains the port" : "it was emptied instead"});
}

net::Status can_write_whole(const std::string& path, std::string_view action) {
    if (const WholeFile::State state(path, action); !state.is_regular && !state.is_folder)
        return {};
    const auto file = WholeFile::prepare(path, {}, action);
    return file ? net::Status() : net::fail(file.error());
}

bool is_same_file(const std::string& one, const std::string& other) {
    const WholeFile::State first(one, {});
    const WholeFile::State second(other, {});
    if (first.is_standard || second.is_standard)
        return first.is_standard && second.is_standard;
    if (!first.is_regular || !second.is_regular)
        return false;
    std::error_code code;
    const auto identity = identity_of(first.target);
    return identity ? identity == identity_of(second.target)
                    : fs::absolute(first.target, code) == fs::absolute(second.target, code);
}

}  // namespace sockbox::tools

// Files written as a whole on Linux: under a unique name, then renamed.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <random>

#include "net/socket.h"
#include "system/platform.h"
#include "text/units.h"
#include "tools/front/output_file.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {
namespace {

namespace fs = std::filesystem;
using Descriptor = net::Socket;  // closes any descriptor

struct Destination {
    enum class Kind {
        regular,     // a regular file, or none yet
        descriptor,  // one of our descriptors
        special,     // anything else that can be opened
    };
    Kind kind = Kind::regular;
    int descriptor = -1;
    bool is_device = false;
    bool is_link = false;
    fs::path path;                        // its links followed
    std::optional<struct stat> existing;  // of a regular file
};

// The number of our descriptor if the path is /proc/self/fd/N, which would lead to the file behind
// it: opening that anew starts at its beginning, and replacing it does not reach the descriptor.
std::optional<int> descriptor_of(const fs::path& path) {
    std::error_code code;
    const fs::path folder = fs::canonical(path.parent_path(), code);
    if (code || folder.filename() != "fd")
        return std::nullopt;
    for (const char* own : {"/proc/self/fd", "/proc/thread-self/fd"})
        if (folder == fs::canonical(own, code))
            if (const auto number = net::parse_integer(path.filename().native(), 0, INT_MAX))
                return static_cast<int>(*number);
    return std::nullopt;
}

// The standard stream that already writes to this file, if any.
std::optional<int> stream_into(const struct stat& file) {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat own {};
        if (::fstat(stream, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino)
            return stream;
    }
    return std::nullopt;
}

net::Result<Destination> failed(std::error_code code) {
    return net::fail({code, {}, {}, {}, {}});
}

net::Result<Destination> at_descriptor(Destination destination, int number) {
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0)
        return failed(net::platform::last_error());
    if ((flags & O_ACCMODE) == O_RDONLY)
        return failed(net::platform::error_of(std::errc::bad_file_descriptor));
    destination.kind = Destination::Kind::descriptor;
    destination.descriptor = number;
    return destination;
}

net::Result<Destination> find_destination(const std::string& text) {
    Destination destination;
    destination.path = text;
    if (text == "-")
        return at_descriptor(destination, STDOUT_FILENO);
    constexpr int max_links = 40;  // as in path_resolution(7)
    for (int links = 0;; ++links) {
        if (const auto number = descriptor_of(destination.path))
            return at_descriptor(destination, *number);
        std::error_code none;
        const fs::path target = fs::read_symlink(destination.path, none);
        if (none)
            break;
        if (links == max_links)
            return failed(net::platform::error_of(std::errc::too_many_symbolic_link_levels));
        destination.is_link = true;
        destination.path = destination.path.parent_path() / target;
    }
    struct stat found {};
    if (::stat(destination.path.c_str(), &found) != 0) {
        if (errno != ENOENT)
            return failed(net::platform::last_error());
        return destination;
    }
    if (S_ISDIR(found.st_mode))
        return failed(net::platform::error_of(std::errc::is_a_directory));
    if (!S_ISREG(found.st_mode)) {
        destination.kind = Destination::Kind::special;
        destination.is_device = S_ISCHR(found.st_mode);
        return destination;
    }
    if (const auto stream = stream_into(found))
        return at_descriptor(destination, *stream);
    destination.existing = found;
    return destination;
}

std::error_code write_all(int file, std::string_view content) {
    auto rest = std::as_bytes(std::span(content));
    while (!rest.empty()) {
        const std::ptrdiff_t put = net::platform::write_file(file, rest);
        if (put < 0)
            return net::platform::last_file_error();
        rest = rest.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

std::string link_of(int descriptor) {
    return fmt::format("/proc/self/fd/{}", descriptor);
}

std::string unique_name() {
    return fmt::format(".sockbox.{:08x}", std::random_device()());
}

class OwnFile final : public OutputFile {
  public:
    explicit OwnFile(Destination found) : destination(std::move(found)) {}
    ~OwnFile() override {
        if (!unfinished.empty())
            ::unlinkat(folder.native(), unfinished.c_str(), 0);
    }

    bool is_regular() const override { return destination.kind == Destination::Kind::regular; }
    bool is_standard() const override {
        return destination.kind == Destination::Kind::descriptor &&
               destination.descriptor == STDOUT_FILENO;
    }
    bool is_link() const override { return destination.is_link; }

    std::error_code prepare(std::string_view content) override {
        if (is_regular())
            return prepare_regular(content);
        return destination.kind == Destination::Kind::special ? open_special() : std::error_code();
    }

    std::error_code replace() override {
        while (unfinished.empty()) {
            const std::string name = unique_name();
            if (::linkat(AT_FDCWD, link_of(file.native()).c_str(), folder.native(), name.c_str(),
                         AT_SYMLINK_FOLLOW) == 0)
                unfinished = name;
            else if (errno != EEXIST)
                return net::platform::last_error();
        }
        if (::renameat(folder.native(), unfinished.c_str(), folder.native(),
                       destination.path.filename().c_str()) != 0)
            return net::platform::last_error();
        unfinished.clear();
        return {};
    }

    std::error_code write(std::string_view content) override {
        const bool is_open = destination.kind == Destination::Kind::descriptor;
        const int target = is_open ? destination.descriptor : file.native();
        if (destination.existing && ::ftruncate(target, 0) != 0)
            return net::platform::last_error();
        return write_all(target, content);
    }

    // Our descriptor keeps its number from being reused.
    bool is_in_place(std::string_view content) const override {
        struct stat own {};
        struct stat there {};
        return ::fstat(file.native(), &own) == 0 && own.st_nlink > 0 &&
               ::fstatat(folder.native(), destination.path.filename().c_str(), &there,
                         AT_SYMLINK_NOFOLLOW) == 0 &&
               own.st_dev == there.st_dev && own.st_ino == there.st_ino && contains(content);
    }

    std::error_code remove() override {
        return outcome_of(::unlinkat(folder.native(), destination.path.filename().c_str(), 0));
    }
    std::error_code empty() override { return outcome_of(::ftruncate(file.native(), 0)); }

  private:
    static std::error_code outcome_of(int result) {
        return result == 0 ? std::error_code() : net::platform::last_error();
    }

    // Creates the new file: without a name, so that nothing is left if the process ends now, or
    // where the file system or a missing /proc rules that out, under a unique name.
    std::error_code create(mode_t mode) {
        constexpr int flags = O_RDWR | O_CLOEXEC;
        file = Descriptor(::openat(folder.native(), ".", O_TMPFILE | flags, mode));
        if (file.valid() && ::access(link_of(file.native()).c_str(), F_OK) == 0)
            return {};
        do {
            unfinished = unique_name();
            file = Descriptor(::openat(folder.native(), unfinished.c_str(),
                                       O_CREAT | O_EXCL | O_NOFOLLOW | flags, mode));
        } while (!file.valid() && errno == EEXIST);
        if (file.valid())
            return {};
        unfinished.clear();
        return net::platform::last_error();
    }

    // Whether the new file could be given the owner and the mode of the old one.
    bool resembles(const struct stat& old) const {
        struct stat own {};
        const bool is_same_owner = ::fstat(file.native(), &own) == 0 && own.st_uid == old.st_uid &&
                                   own.st_gid == old.st_gid;
        return (is_same_owner || ::fchown(file.native(), old.st_uid, old.st_gid) == 0) &&
               ::fchmod(file.native(), old.st_mode & static_cast<mode_t>(~S_IFMT)) == 0;
    }

    std::error_code open_special() {
        destination.kind = Destination::Kind::special;
        file = Descriptor(::open(destination.path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
        return file.valid() ? std::error_code() : net::platform::last_error();
    }

    std::error_code prepare_regular(std::string_view content) {
        const fs::path parent = destination.path.parent_path();
        folder = Descriptor(
            ::open(parent.empty() ? "." : parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!folder.valid())
            return net::platform::last_error();
        if (destination.existing && ::access(destination.path.c_str(), W_OK) != 0)
            return net::platform::last_error();
        constexpr mode_t for_owner = 0600;
        constexpr mode_t for_all = 0666;  // less the umask
        if (const std::error_code code = create(destination.existing ? for_owner : for_all))
            return code;
        if (destination.existing && !resembles(*destination.existing)) {
            return open_special();  // the file of another user, which is written as it is
        }
        if (const std::error_code code = write_all(file.native(), content))
            return code;
        // Otherwise a crash of the system might leave an empty file in place of the old one.
        return ::fsync(file.native()) == 0 ? std::error_code() : net::platform::last_error();
    }

    bool contains(std::string_view content) const {
        std::string now(content.size() + 1, '\0');
        const auto got = ::pread(file.native(), now.data(), now.size(), 0);
        return got == std::ssize(content) && now.starts_with(content);
    }

    Destination destination;
    Descriptor folder;
    Descriptor file;
    std::string unfinished;  // the name of the new file, if it has one
};

}  // namespace

net::Result<std::unique_ptr<OutputFile>> OutputFile::find(const std::string& path) {
    auto found = find_destination(path);
    if (!found)
        return net::fail(found.error());
    return std::make_unique<OwnFile>(std::move(*found));
}

bool is_same_file(const std::string& one, const std::string& other) {
    const auto first = find_destination(one);
    const auto second = find_destination(other);
    if (!first || !second || first->kind != second->kind || first->is_device)
        return false;
    if (first->kind == Destination::Kind::descriptor)
        return first->descriptor == second->descriptor;
    if (first->existing && second->existing)
        return first->existing->st_dev == second->existing->st_dev &&
               first->existing->st_ino == second->existing->st_ino;
    std::error_code code;
    return fs::weakly_canonical(fs::absolute(first->path, code), code) ==
           fs::weakly_canonical(fs::absolute(second->path, code), code);
}

}  // namespace sockbox::tools

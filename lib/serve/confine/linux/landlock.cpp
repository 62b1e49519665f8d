// Landlock by its system calls, because Debian's headers are older than the kernels it runs on.
#include "serve/confine/linux/landlock.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>

#include "net/socket.h"

namespace sockbox::serve {
namespace {

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;  // since ABI version 4
    std::uint64_t scoped;   // since ABI version 6
};

#pragma pack(push, 1)
struct PathBeneath {
    std::uint64_t allowed;
    std::int32_t folder;
};
#pragma pack(pop)

constexpr unsigned tell_version = 1;  // LANDLOCK_CREATE_RULESET_VERSION
constexpr int rule_path_beneath = 1;  // LANDLOCK_RULE_PATH_BENEATH
constexpr std::uint64_t remove_file = 1 << 5;
constexpr std::uint64_t truncate_file = 1 << 14;  // since ABI version 3
constexpr std::uint64_t bind_and_connect_tcp = 0b11;
constexpr std::uint64_t abstract_sockets_and_signals = 0b11;

// All file access rights of an ABI version: one bit each.
std::uint64_t file_rights(long version) {
    constexpr std::array<int, 5> bits{13, 14, 15, 15, 16};
    const auto known = static_cast<std::size_t>(version) - 1;
    return (std::uint64_t{1} << bits[std::min(known, bits.size() - 1)]) - 1;
}

std::size_t attributes_size(long version) {
    if (version < 4)
        return sizeof(std::uint64_t);
    return version < 6 ? 2 * sizeof(std::uint64_t) : sizeof(RulesetAttributes);
}

net::Status allow(const net::Socket& ruleset, std::uint64_t rights, const std::string& path) {
    const net::Socket opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!opened.valid())
        return net::fail_last("Landlock", path);
    const PathBeneath rule{rights, opened.native()};
    if (::syscall(SYS_landlock_add_rule, ruleset.native(), rule_path_beneath, &rule, 0U) != 0)
        return net::fail_last("Landlock", path);
    return {};
}

// Removing a file requires a right on its directory; truncating it, one on the file.
net::Status allow_removal(const net::Socket& ruleset, const std::string& file, long version) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    if (version >= 3)
        if (auto emptied = allow(ruleset, truncate_file, file); !emptied)
            return emptied;
    return allow(ruleset, remove_file, folder.empty() ? "." : folder);
}

}  // namespace

net::Status enter_landlock(const std::vector<std::string>& removable) {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, tell_version);
    if (version < 1)
        return net::fail_last("Landlock");
    const RulesetAttributes attributes{file_rights(version), bind_and_connect_tcp,
                                       abstract_sockets_and_signals};
    const net::Socket ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(version), 0U)));
    if (!ruleset.valid())
        return net::fail_last("Landlock");
    for (const std::string& file : removable)
        if (auto allowed = allow_removal(ruleset, file, version); !allowed)
            return allowed;
    if (::syscall(SYS_landlock_restrict_self, ruleset.native(), 0U) != 0)
        return net::fail_last("Landlock");
    return {};
}

}  // namespace sockbox::serve

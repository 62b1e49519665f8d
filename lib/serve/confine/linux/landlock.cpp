// The system calls of landlock(7).
#include "serve/confine/linux/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "net/socket.h"

namespace sockbox::serve {
namespace {

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;  // since ABI version 4
    std::uint64_t scoped;   // since ABI version 6
};

struct [[gnu::packed]] PathBeneath {
    std::uint64_t granted;
    std::int32_t parent;
};

constexpr unsigned tell_version = 1;       // LANDLOCK_CREATE_RULESET_VERSION
constexpr unsigned rule_path_beneath = 1;  // LANDLOCK_RULE_PATH_BENEATH

// All file access rights of an ABI version: one bit each.
std::uint64_t known_files(long version) {
    constexpr std::array<int, 5> bits{13, 14, 15, 15, 16};
    const auto known = static_cast<std::size_t>(version) - 1;
    return (std::uint64_t{1} << bits[std::min(known, bits.size() - 1)]) - 1;
}

std::size_t attributes_size(long version) {
    if (version < 4)
        return sizeof(std::uint64_t);
    return version < 6 ? 2 * sizeof(std::uint64_t) : sizeof(RulesetAttributes);
}

// A file takes fewer rights than a directory. The kernel refuses rules for what is in no directory,
// such as a pipe, and never denies access to it.
void grant(const net::Socket& ruleset, const LandlockRules::Exception& exception,
           std::uint64_t handled) {
    const net::Socket place(::open(exception.path.c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (!place.valid() || ::fstat(place.native(), &found) != 0)
        return;
    const std::uint64_t of_files =
        rights({FileRight::execute, FileRight::write_file, FileRight::truncate});
    PathBeneath rule{exception.granted & handled, place.native()};
    if (!S_ISDIR(found.st_mode))
        rule.granted &= of_files;
    ::syscall(SYS_landlock_add_rule, ruleset.native(), rule_path_beneath, &rule, 0U);
}

}  // namespace

std::uint64_t rights(std::initializer_list<FileRight> some) noexcept {
    std::uint64_t bits = 0;
    for (const FileRight right : some)
        bits |= std::uint64_t{1} << static_cast<unsigned>(right);
    return bits;
}

net::Status enter_landlock(const LandlockRules& rules) {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, tell_version);
    if (version < 1)
        return net::fail_last("Landlock");
    const RulesetAttributes attributes{rules.denied_files & known_files(version),
                                       rules.denied_network, rules.scoped};
    const net::Socket ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(version), 0U)));
    if (!ruleset.valid())
        return net::fail_last("Landlock");
    for (const LandlockRules::Exception& exception : rules.exceptions)
        grant(ruleset, exception, attributes.files);
    if (::syscall(SYS_landlock_restrict_self, ruleset.native(), 0U) != 0)
        return net::fail_last("Landlock");
    return {};
}

}  // namespace sockbox::serve

// Users, capabilities(7) and no_new_privs.
#include "serve/confine/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "system/hint.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::serve {
namespace {

net::Status done(int result, std::string_view action, std::string_view subject = {}) {
    if (result == 0)
        return {};
    return net::fail_last(action, subject);
}

bool is_already(const User& user) {
    return ::getuid() == user.id && ::geteuid() == user.id && ::getegid() == user.group;
}

net::Status become(const User& user) {
    if (is_already(user))
        return {};
    const gid_t group = user.group;
    if ((user.is_known ? ::initgroups(user.name.c_str(), group) : ::setgroups(1, &group)) != 0 ||
        ::setresgid(user.group, user.group, user.group) != 0 ||
        ::setresuid(user.id, user.id, user.id) != 0) {
        net::Error error = net::fail_last("become user", user.name).value();
        error.hint = net::hint(net::Hint::only_root);
        return net::fail(std::move(error));
    }
    if (user.id != 0 && ::setuid(0) == 0)
        return net::fail({{}, "become user", user.name, "root privileges could be regained", {}});
    return {};
}

// Removes capabilities that programs started from here could acquire. Only root can do this; for
// others no_new_privs has the same effect.
void empty_bounding_set() {
    for (unsigned long number = 0; ::prctl(PR_CAPBSET_READ, number) >= 0; ++number)
        ::prctl(PR_CAPBSET_DROP, number);
}

struct Capabilities {
    std::uint64_t permitted = 0;  // one bit each
    bool any_other = false;       // effective or inheritable, but not permitted
};

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

net::Result<Capabilities> read_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapabilitySets sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0)
        return net::fail_last("read capabilities");
    Capabilities found;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        found.permitted |= std::uint64_t{sets[i].permitted} << (32 * i);
        found.any_other |= ((sets[i].effective | sets[i].inheritable) & ~sets[i].permitted) != 0;
    }
    return found;
}

// Keeps at most `kept`. Where there is nothing to drop it makes no call, which the service
// manager's seccomp filter might refuse.
net::Status drop_capabilities(std::uint64_t kept) {
    const auto before = read_capabilities();
    if (!before)
        return net::fail(before.error());
    if ((before->permitted & ~kept) == 0 && !before->any_other)
        return {};
    const std::uint64_t left = before->permitted & kept;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapabilitySets sets{};
    sets[0].permitted = sets[0].effective = static_cast<std::uint32_t>(left);
    sets[1].permitted = sets[1].effective = static_cast<std::uint32_t>(left >> 32);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (::syscall(SYS_capset, &header, sets.data()) != 0)
        return net::fail_last("drop capabilities");
    const auto after = read_capabilities();
    if (!after)
        return net::fail(after.error());
    return (after->permitted & ~kept) != 0 || after->any_other
               ? net::Status(net::fail({{}, "drop capabilities", {}, "some remain", {}}))
               : net::Status();
}

net::Status drop_privileges(const User* user, std::uint64_t kept) {
    empty_bounding_set();
    if (user != nullptr)
        if (auto became = become(*user); !became)
            return became;
    if (auto dropped = drop_capabilities(kept); !dropped)
        return dropped;
    return done(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
}

constexpr std::uint64_t bit(int capability) {
    return std::uint64_t{1} << capability;
}

}  // namespace

// The highest number stands for "unchanged" in setresuid(2).
net::Result<User> find_user(std::string_view name) {
    std::vector<char> text(16384);
    passwd entry{};
    passwd* found = nullptr;
    int rc = ::getpwnam_r(std::string(name).c_str(), &entry, text.data(), text.size(), &found);
    const auto number = net::parse_integer(name, 0, std::int64_t{UINT32_MAX} - 1);
    if (found == nullptr && number)
        rc = ::getpwuid_r(static_cast<uid_t>(*number), &entry, text.data(), text.size(), &found);
    if (found != nullptr)
        return User{entry.pw_name, entry.pw_uid, entry.pw_gid, true};
    if (number)
        return User{std::string(name), static_cast<uid_t>(*number), static_cast<gid_t>(*number),
                    false};
    if (rc != 0)
        return net::fail({{rc, std::system_category()}, "look up user", net::escape(name), {}, {}});
    return net::fail_text("'" + net::escape(name) + "' is not a user on this system");
}

net::Status change_owner(const std::string& path, const User& user) {
    return done(::chown(path.c_str(), user.id, user.group), "give away", path);
}

net::Status drop_privileges(const User* user) {
    return drop_privileges(user, 0);
}

net::Status drop_privileges_but(const LaterNeeds& needs) {
    std::uint64_t kept = 0;
    if (needs.socket_options)
        kept |= bit(CAP_NET_ADMIN) | bit(CAP_NET_RAW);
    if (needs.low_ports)
        kept |= bit(CAP_NET_BIND_SERVICE);
    if (needs.files_of_others)
        kept |= bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_CHOWN);
    if (needs.reading_any_file)
        kept |= bit(CAP_DAC_READ_SEARCH);
    return drop_privileges(nullptr, kept);
}

}  // namespace sockbox::serve

// Host information on Linux: getpwuid_r(3), getgrgid_r(3), /proc/sys, getrlimit(2), unshare(2).
#include "system/host.h"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

namespace sockbox::net {
namespace {

template <class Entry>
using Lookup = int (*)(unsigned, Entry*, char*, std::size_t, Entry**);

template <class Entry>
std::string account_name(std::uint32_t id, Lookup<Entry> look_up, char* Entry::*name) {
    std::array<char, 4096> space;
    Entry entry{};
    Entry* found = nullptr;
    const bool known =
        look_up(id, &entry, space.data(), space.size(), &found) == 0 && found != nullptr;
    return known ? entry.*name : std::to_string(id);
}

// Caches names: the account database may be remote, and thousands of sockets have few owners.
class Names {
  public:
    template <class Find>
    std::string get(std::uint32_t id, const Find& find) {
        const std::lock_guard lock(mutex_);
        const auto known = names_.find(id);
        return known != names_.end() ? known->second : names_[id] = find(id);
    }

  private:
    std::mutex mutex_;
    std::map<std::uint32_t, std::string> names_;
};

}  // namespace

std::string user_name(std::uint32_t id) {
    static Names names;
    return names.get(id, [](std::uint32_t user) {
        return account_name<passwd>(user, ::getpwuid_r, &passwd::pw_name);
    });
}

std::string group_name(std::uint32_t id) {
    static Names names;
    return names.get(id, [](std::uint32_t group) {
        return account_name<::group>(group, ::getgrgid_r, &::group::gr_name);
    });
}

std::string process_name(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
}

std::optional<std::string> read_sysctl(std::string_view name) {
    std::string path = "/proc/sys/" + std::string(name);
    std::replace(path.begin() + 10, path.end(), '.', '/');
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line))
        return std::nullopt;
    std::replace(line.begin(), line.end(), '\t', ' ');
    return line;
}

std::optional<std::size_t> descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return std::nullopt;
    return limit.rlim_cur;
}

void separate_descriptors() noexcept {
#ifndef __SANITIZE_THREAD__  // it takes equal numbers in two tables for the same descriptor
    ::unshare(CLONE_FILES);
#endif
}

}  // namespace sockbox::net

// Names of accounts by getpwuid_r and getgrgid_r.
#include "system/account_name.h"

#include <grp.h>
#include <pwd.h>

#include <array>
#include <map>
#include <mutex>

namespace sockbox::net {
namespace {

template <class Entry>
using Lookup = int (*)(unsigned, Entry*, char*, std::size_t, Entry**);

template <class Entry>
std::string name_of(std::uint32_t id, Lookup<Entry> look_up, char* Entry::*name) {
    std::array<char, 4096> space;
    Entry entry{};
    Entry* found = nullptr;
    const bool known =
        look_up(id, &entry, space.data(), space.size(), &found) == 0 && found != nullptr;
    return known ? entry.*name : std::to_string(id);
}

// The database may be far away, and thousands of sockets have few owners.
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
        return name_of<passwd>(user, ::getpwuid_r, &passwd::pw_name);
    });
}

std::string group_name(std::uint32_t id) {
    static Names names;
    return names.get(id, [](std::uint32_t group) {
        return name_of<::group>(group, ::getgrgid_r, &::group::gr_name);
    });
}

}  // namespace sockbox::net

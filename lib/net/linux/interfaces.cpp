// Interfaces by if_indextoname(3), if_nameindex(3) and getifaddrs(3).
#include "net/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <array>
#include <map>
#include <memory>

#include "text/text.h"

namespace sockbox::net {
namespace {

std::map<std::uint32_t, std::string>& remembered() {
    static std::map<std::uint32_t, std::string> names;
    return names;
}

struct Release {
    void operator()(struct if_nameindex* list) const noexcept { ::if_freenameindex(list); }
    void operator()(ifaddrs* list) const noexcept { ::freeifaddrs(list); }
};

}  // namespace

std::string interface_name(std::uint32_t index) {
    std::array<char, IF_NAMESIZE + 1> name{};
    if (::if_indextoname(index, name.data()) != nullptr)
        return escape(name.data());
    const auto known = remembered().find(index);
    return known != remembered().end() ? escape(known->second) : std::string();
}

std::vector<std::string> interface_names() {
    const std::unique_ptr<struct if_nameindex, Release> all(::if_nameindex());
    std::vector<std::string> names;
    for (const struct if_nameindex* entry = all.get(); entry != nullptr && entry->if_index != 0;
         ++entry)
        names.push_back(escape(entry->if_name));
    return names;
}

void remember_interfaces() {
    const std::unique_ptr<struct if_nameindex, Release> all(::if_nameindex());
    for (const struct if_nameindex* entry = all.get(); entry != nullptr && entry->if_index != 0;
         ++entry)
        remembered()[entry->if_index] = entry->if_name;
}

std::vector<Endpoint> local_addresses() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0)
        return {};
    const std::unique_ptr<ifaddrs, Release> all(first);
    std::vector<Endpoint> found;
    for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr)
            continue;
        const bool ipv6 = entry->ifa_addr->sa_family == AF_INET6;
        const auto length =
            static_cast<socklen_t>(ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
        if (const auto address = Endpoint::from_native(entry->ifa_addr, length))
            found.push_back(address->with_port(0));
    }
    return found;
}

}  // namespace sockbox::net

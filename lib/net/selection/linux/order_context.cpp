// What glibc orders addresses by: gai.conf, and the addresses and interfaces by rtnetlink(7).
#include "net/selection/destination_order.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>

#include "net/linux/netlink_dump.h"
#include "net/object_bytes.h"

namespace sockbox::net {
namespace {

AddressPolicy system_policy() {
    static std::mutex mutex;
    static std::optional<AddressPolicy> policy;
    const std::lock_guard lock(mutex);
    if (!policy || policy->reloads()) {
        std::ifstream file("/etc/gai.conf");
        policy = AddressPolicy::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    }
    return *policy;
}

// Asks for a whole list: `Body` is the fixed part of the request and of each message.
template <class Body>
Status each_entry(unsigned short type, const std::string& subject,
                  const std::function<void(const Body&, std::span<const std::byte>)>& use) {
    struct Request {
        nlmsghdr header;
        Body body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    return netlink_dump(NETLINK_ROUTE, std::as_bytes(std::span(&request, 1)), subject,
                        [&use](std::span<const std::byte> message) {
                            if (message.size() >= sizeof(Body))
                                use(from_bytes<Body>(message),
                                    message.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof(Body)),
                                                                          message.size())));
                        });
}

// The interfaces that glibc does not take for a native transport.
std::set<std::uint32_t> tunnels() {
    std::set<std::uint32_t> found;
    static_cast<void>(
        each_entry<ifinfomsg>(RTM_GETLINK, "interfaces", [&](const ifinfomsg& link, auto) {
            if (link.ifi_type == ARPHRD_TUNNEL || link.ifi_type == ARPHRD_TUNNEL6 ||
                link.ifi_type == ARPHRD_SIT)
                found.insert(static_cast<std::uint32_t>(link.ifi_index));
        }));
    return found;
}

// An address from its 4 or 16 bytes; nullopt for any other number of bytes.
std::optional<Endpoint> to_endpoint(std::span<const std::byte> bytes) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    const bool ipv6 = bytes.size() == sizeof v6.sin6_addr;
    if (!ipv6 && bytes.size() != sizeof v4.sin_addr)
        return std::nullopt;
    void* const place = ipv6 ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr;
    std::memcpy(place, bytes.data(), bytes.size());
    const void* const native = ipv6 ? static_cast<void*>(&v6) : &v4;
    const auto endpoint =
        Endpoint::from_native(static_cast<const sockaddr*>(native), ipv6 ? sizeof v6 : sizeof v4);
    return endpoint ? std::optional(*endpoint) : std::nullopt;
}

// Empty if the kernel does not list them; glibc then goes on without them, too.
std::vector<HostAddress> host_addresses() {
    const std::set<std::uint32_t> encapsulating = tunnels();
    std::vector<HostAddress> found;
    const auto complete = each_entry<ifaddrmsg>(
        RTM_GETADDR, "addresses", [&](const ifaddrmsg& entry, auto attributes) {
            // On a point-to-point link this is the other end: glibc does not look at IFA_LOCAL.
            const auto address = to_endpoint(find_attribute(attributes, IFA_ADDRESS));
            if (!address)
                return;
            HostAddress one{*address, entry.ifa_prefixlen, entry.ifa_index, false, false, false,
                            false};
            one.deprecated = (entry.ifa_flags & (IFA_F_DEPRECATED | IFA_F_OPTIMISTIC)) != 0;
            one.home = (entry.ifa_flags & IFA_F_HOMEADDRESS) != 0;
            one.temporary =
                entry.ifa_family == AF_INET6 && (entry.ifa_flags & IFA_F_TEMPORARY) != 0;
            one.tunnel = encapsulating.contains(entry.ifa_index);
            found.push_back(one);
        });
    return complete ? found : std::vector<HostAddress>();
}

}  // namespace

Result<OrderContext> order_context() {
#ifdef __GLIBC__
    return OrderContext{system_policy(), host_addresses()};
#else
    return fail({platform::error_of(std::errc::not_supported),
                 "explain the order of addresses",
                 {},
                 "this C library does not support it",
                 {}});
#endif
}

}  // namespace sockbox::net

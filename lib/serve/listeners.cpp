// Opens all sockets of a server on one port.
#include "serve/listeners.h"

#include <optional>

#include "net/datagram_batch.h"
#include "system/hint.h"

namespace sockbox::serve {
namespace {

// A port that the system chose for one socket may be in use for another. With tens of thousands of
// ports that is rare, and practically never happens this many times in a row.
constexpr int port_attempts = 100;

std::vector<std::vector<net::Endpoint>> hosts_of(const ListenPlan& plan) {
    if (!plan.hosts.empty())
        return plan.hosts;
    std::vector<net::Endpoint> all;
    for (const net::Family family : {net::Family::ipv6, net::Family::ipv4})
        if (plan.family == net::Family::any || plan.family == family)
            all.push_back(net::Endpoint::any(family));
    return {all};
}

// Options that accepted connections inherit (tcp(7), socket(7)): TCP_NODELAY, because Nagle's
// algorithm and delayed acknowledgments together delay small replies by 40 ms; and SO_OOBINLINE, so
// that urgent bytes keep their place in the stream.
net::Prepare prepare_stream(const net::Prepare& further) {
    return [&further](net::Socket& socket) -> net::Status {
        if (auto set = socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1); !set)
            return set;
        // A Multipath TCP socket, which has no urgent data, refuses this.
        if (auto set = socket.set_option(SOL_SOCKET, SO_OOBINLINE, 1);
            !set && set.error().code != std::errc::operation_not_supported)
            return set;
        return further ? further(socket) : net::Status();
    };
}

// Set before the first datagram arrives, because its destination address is only recorded if the
// option was set by then.
net::Status prepare_datagrams(net::Socket& socket, const net::Prepare& further) {
    if (auto prepared = net::DatagramBatch::prepare(socket); !prepared)
        return prepared;
    return further ? further(socket) : net::Status();
}

// Binds a socket of one transport; port 0 is replaced by the port that was assigned.
net::Result<net::Socket> bind_one(const ListenPlan& plan, const net::Endpoint& address,
                                  net::Transport transport, std::uint16_t& port) {
    const net::Endpoint endpoint = address.with_port(port);
    auto socket = transport == net::Transport::tcp
                      ? net::bind_stream(endpoint, prepare_stream(plan.options.prepare))
                      : net::bind_datagram(endpoint, plan.options.prepare);
    if (!socket)
        return socket;
    const auto local = socket->local();
    if (!local)
        return net::fail(local.error());
    if (local->port() == 0)
        return net::fail({net::platform::error_of(std::errc::invalid_argument), "bind",
                          endpoint.to_string(),
                          "IP_BIND_ADDRESS_NO_PORT leaves the choice of a port to connect(), which "
                          "a server does not call",
                          "the option needs a port that is given"});
    if (transport == net::Transport::udp)
        if (auto prepared = prepare_datagrams(*socket, {}); !prepared)
            return net::fail(prepared.error());
    port = local->port();
    return socket;
}

// Binds the sockets of an address, or none.
net::Status bind_address(const ListenPlan& plan, const net::Endpoint& address, Listeners& into) {
    std::uint16_t port = into.port;
    std::optional<net::Socket> bound[2];
    for (const net::Transport transport : {net::Transport::tcp, net::Transport::udp}) {
        const bool tcp = transport == net::Transport::tcp;
        if (!(tcp ? plan.tcp : plan.udp))
            continue;
        auto socket = bind_one(plan, address, transport, port);
        if (!socket)
            return net::fail(socket.error());
        bound[tcp ? 0 : 1] = std::move(*socket);
    }
    into.port = port;
    if (bound[0])
        into.tcp.push_back(std::move(*bound[0]));
    if (bound[1])
        into.udp.push_back(std::move(*bound[1]));
    return {};
}

bool is_missing_here(const net::Error& error) {
    return error.code == std::errc::address_family_not_supported ||
           error.code == std::errc::address_not_available;
}

// Binds the addresses of a host that this system has; fails if there are none.
net::Status bind_host(const ListenPlan& plan, const std::vector<net::Endpoint>& addresses,
                      Listeners& into) {
    std::vector<net::Error> missing;
    for (const net::Endpoint& address : addresses) {
        auto bound = bind_address(plan, address, into);
        if (!bound && !is_missing_here(bound.error()))
            return bound;
        if (!bound)
            missing.push_back(bound.error());
    }
    if (!missing.empty() && missing.size() == addresses.size())
        return net::fail(missing.front());
    into.left_out.insert(into.left_out.end(), missing.begin(), missing.end());
    return {};
}

net::Result<Listeners> open_once(const ListenPlan& plan) {
    Listeners opened;
    opened.port = plan.port;
    for (const auto& addresses : hosts_of(plan))
        if (auto bound = bind_host(plan, addresses, opened); !bound)
            return net::fail(bound.error());
    for (net::Socket& socket : opened.tcp)
        if (auto listening = net::listen_on(socket, plan.options.backlog); !listening)
            return net::fail(listening.error());
    if (plan.hosts.empty())
        opened.left_out.clear();  // a system without IPv6 is nothing to report
    return opened;
}

}  // namespace

net::Status prepare_listener(net::Socket& socket, net::Transport transport,
                             const net::Prepare& prepare) {
    return transport == net::Transport::tcp ? prepare_stream(prepare)(socket)
                                            : prepare_datagrams(socket, prepare);
}

net::Result<Listeners> open_listeners(const ListenPlan& plan) {
    auto opened = open_once(plan);
    for (int attempt = 1; attempt < port_attempts && plan.port == 0 && !opened &&
                          opened.error().code == std::errc::address_in_use;
         ++attempt)
        opened = open_once(plan);
    if (!opened && plan.port == 0 && opened.error().code == std::errc::address_in_use)
        opened.error().hint = net::hint(net::Hint::covered_address);
    return opened;
}

}  // namespace sockbox::serve

// Opens all sockets of a server on one port.
#include "serve/listeners.h"

#include "net/datagram_batch.h"

namespace sockbox::serve {
namespace {

// A port that the system chose for one socket may be in use for another. With tens of thousands of
// ports that is rare, and practically never happens this many times in a row.
constexpr int port_attempts = 100;

std::vector<net::Endpoint> addresses_of(const ListenPlan& plan) {
    if (!plan.addresses.empty())
        return plan.addresses;
    std::vector<net::Endpoint> all;
    for (const net::Family family : {net::Family::ipv6, net::Family::ipv4})
        if (plan.family == net::Family::any || plan.family == family)
            all.push_back(net::Endpoint::any(family));
    return all;
}

// Options that accepted connections inherit (tcp(7), socket(7)): TCP_NODELAY, because Nagle's
// algorithm and delayed acknowledgments together delay small replies by 40 ms; and SO_OOBINLINE, so
// that urgent bytes keep their place in the stream.
net::Prepare prepare_stream(const net::Prepare& further) {
    return [&further](net::Socket& socket) -> net::Status {
        if (auto set = socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1); !set)
            return set;
        if (auto set = socket.set_option(SOL_SOCKET, SO_OOBINLINE, 1); !set)
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

// Opens one transport on one address; port 0 is replaced by the port that was assigned.
net::Status open_one(const ListenPlan& plan, const net::Endpoint& address, net::Transport transport,
                     Listeners& into) {
    const net::Endpoint endpoint = address.with_port(into.port);
    const bool tcp = transport == net::Transport::tcp;
    const net::ListenOptions stream{plan.options.backlog, prepare_stream(plan.options.prepare)};
    auto socket =
        tcp ? net::listen_on(endpoint, stream) : net::bind_datagram(endpoint, plan.options.prepare);
    if (!socket)
        return net::fail(socket.error());
    const auto local = socket->local();
    if (!local)
        return net::fail(local.error());
    if (!tcp)
        if (auto prepared = prepare_datagrams(*socket, {}); !prepared)
            return prepared;
    into.port = local->port();
    (tcp ? into.tcp : into.udp).push_back(std::move(*socket));
    return {};
}

bool may_be_missing(const ListenPlan& plan, const net::Endpoint& address, const net::Error& error) {
    const bool no_ipv6 = error.code == std::errc::address_family_not_supported ||
                         error.code == std::errc::address_not_available;
    return no_ipv6 && plan.addresses.empty() && plan.family == net::Family::any &&
           address.family() == net::Family::ipv6;
}

net::Result<Listeners> open_once(const ListenPlan& plan) {
    Listeners opened;
    opened.port = plan.port;
    for (const net::Endpoint& address : addresses_of(plan)) {
        for (const net::Transport transport : {net::Transport::tcp, net::Transport::udp}) {
            if (!(transport == net::Transport::tcp ? plan.tcp : plan.udp))
                continue;
            auto done = open_one(plan, address, transport, opened);
            if (!done && !may_be_missing(plan, address, done.error()))
                return net::fail(done.error());
        }
    }
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
    return opened;
}

}  // namespace sockbox::serve

// Checking a selection, and opening, binding and connecting its sockets.
#include "tools/sockopt/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/resolver.h"
#include "net/streams.h"
#include "system/hint.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

using net::SocketType;
constexpr std::array<SocketType, 7> socket_types{{{"tcp", SOCK_STREAM, 6, true},
                                                  {"udp", SOCK_DGRAM, 17, true},
                                                  {"unix", SOCK_STREAM, 0, false},
                                                  {"unix-dgram", SOCK_DGRAM, 0, false},
                                                  {"raw", SOCK_RAW, 1, true},
                                                  {"mptcp", SOCK_STREAM, 262, true},
                                                  {"sctp", SOCK_STREAM, 132, true}}};

net::Result<net::Socket> new_socket(const SocketType& type, net::Family family) {
    if (!type.inet)
        return net::Socket::open(AF_UNIX, type.type, type.protocol);
    constexpr int icmpv6 = 58;
    const bool ipv6 = family == net::Family::ipv6;
    const int protocol = ipv6 && type.type == SOCK_RAW ? icmpv6 : type.protocol;
    auto socket = net::Socket::open(ipv6 ? AF_INET6 : AF_INET, type.type, protocol);
    if (socket)
        return socket;
    net::Error error = socket.error();
    error.subject = type.name;
    if (type.type == SOCK_RAW && error.code == std::errc::operation_not_permitted)
        error.hint = net::hint(net::Hint::raw_socket);
    return net::fail(std::move(error));
}

bool is_datagram(const Selection& selection) {
    return socket_types[selection.type].type == SOCK_DGRAM;
}

net::Transport transport_of(const Selection& selection) {
    return is_datagram(selection) ? net::Transport::udp : net::Transport::tcp;
}

// Parses "[ADDR:]PORT"; without an address, any address of the family.
net::Result<std::vector<Destination>> listen_destinations(const Selection& selection) {
    const auto parts = net::split_listen_address(selection.listen);
    if (!parts)
        return net::fail(parts.error());
    const auto port = net::resolve_port(parts->port, transport_of(selection));
    if (!port)
        return net::fail(port.error());
    const auto family =
        selection.family == net::Family::ipv6 ? net::Family::ipv6 : net::Family::ipv4;
    if (parts->host.empty())
        return std::vector<Destination>{net::Endpoint::any(family, *port)};
    const auto endpoint = net::Endpoint::parse(parts->host, *port);
    if (!endpoint)
        return net::fail(endpoint.error());
    if (selection.family != net::Family::any && selection.family != endpoint->family())
        return net::fail_text(fmt::format("{} is not an {} address", endpoint->address(),
                                          net::family_name(selection.family)));
    return std::vector<Destination>{*endpoint};
}

struct Peer {
    std::string host;
    std::uint16_t port;
};

net::Result<Peer> peer_to_connect(const Selection& selection) {
    const auto parts = net::split_host_port(selection.connect);
    if (!parts)
        return net::fail(parts.error());
    auto host = net::check_host(parts->host);
    if (!host)
        return net::fail(host.error());
    const auto port = net::resolve_port(parts->port, transport_of(selection), 1);
    if (!port)
        return net::fail(port.error());
    return Peer{std::move(*host), *port};
}

net::Result<std::vector<Destination>> connect_destinations(const Selection& selection) {
    const auto peer = peer_to_connect(selection);
    if (!peer)
        return net::fail(peer.error());
    const auto found =
        net::resolve_endpoints(peer->host, peer->port, selection.family, transport_of(selection));
    if (!found)
        return net::fail(found.error());
    return std::vector<Destination>(found->begin(), found->end());
}

net::Status listen_at(net::FoundSocket& target, const Selection& selection,
                      const net::Endpoint& endpoint) {
    constexpr int backlog = 4096;
    auto done = net::bind_to(target.socket, endpoint);
    if (done && !is_datagram(selection))
        done = net::listen_on(target.socket, backlog);
    return done;
}

net::Status connect_at(net::FoundSocket& target, const net::Endpoint& endpoint) {
    constexpr std::chrono::seconds patience{10};
    if (auto mode = target.socket.set_blocking(false); !mode)
        return mode;
    const net::Transfer started = target.socket.connect(endpoint);
    std::error_code code = started.error;
    if (started.would_block())
        code = wait_for(target.socket, net::Direction::send, net::deadline_in(patience)) ==
                       net::Readiness::timed_out
                   ? net::platform::error_of(std::errc::timed_out)
                   : std::error_code();
    if (code)
        return net::fail({code, "connect", endpoint.to_string(), {}, zone_hint(endpoint)});
    return finish_connect(target.socket, endpoint);
}

}  // namespace

std::vector<std::string> socket_type_names() {
    std::vector<std::string> names;
    for (const SocketType& type : socket_types)
        names.emplace_back(type.name);
    return names;
}

net::SocketFilter Selection::filter() const {
    net::SocketFilter filter{{}, process, port, listening, family, {}};
    if (pid)
        filter.pid = static_cast<int>(*pid);
    if (typed)
        filter.type = socket_types[type];
    return filter;
}

net::Status check(const Selection& selection) {
    const bool others = selection.pid || selection.searches();
    const bool made = !selection.listen.empty() || !selection.connect.empty();
    if (!selection.listen.empty() && !selection.connect.empty())
        return net::fail_text("--listen and --connect are mutually exclusive");
    if (made && (others || selection.descriptor))
        return net::fail_text(
            "--listen and --connect create a new socket: they exclude --fd and searches for "
            "sockets");
    if (selection.descriptor && others && !selection.pid)
        return net::fail_text("--fd can be combined only with --pid");
    if (selection.descriptor && (selection.typed || selection.family != net::Family::any))
        return net::fail_text("--fd selects one socket: it excludes --type, -4 and -6");
    if (selection.descriptor && selection.pid &&
        (selection.listening || selection.port || !selection.process.empty()))
        return net::fail_text(
            "--pid and --fd select one socket: they exclude --process, --port and --listening");
    if (made && !socket_types[selection.type].inet)
        return net::fail_text("--listen and --connect need an IPv4 or IPv6 socket");
    if (!selection.listen.empty())
        if (const auto sound = listen_destinations(selection); !sound)
            return net::fail_text("--listen: " + sound.error().message());
    if (!selection.connect.empty())
        if (const auto sound = peer_to_connect(selection); !sound)
            return net::fail_text("--connect: " + sound.error().message());
    return {};
}

net::Result<std::vector<Destination>> destinations(const Selection& selection) {
    if (selection.listen.empty() && selection.connect.empty())
        return std::vector<Destination>{std::nullopt};
    return selection.listen.empty() ? connect_destinations(selection)
                                    : listen_destinations(selection);
}

net::Result<net::FoundSocket> open_target(const Selection& selection,
                                          const Destination& destination) {
    if (selection.pid) {
        auto process = net::HostProcess::open(static_cast<int>(*selection.pid));
        if (!process)
            return net::fail(process.error());
        return net::socket_in(std::make_shared<net::HostProcess>(std::move(*process)),
                              static_cast<int>(selection.descriptor.value_or(0)));
    }
    if (!selection.descriptor) {
        auto socket = new_socket(socket_types[selection.type],
                                 destination ? destination->family() : selection.family);
        if (!socket && destination)
            socket.error().subject = fmt::format("for {}", destination->to_string());
        return net::with_facts(std::move(socket));
    }
    const int descriptor = static_cast<int>(*selection.descriptor);
    auto target = net::with_facts(net::duplicate_inherited(descriptor));
    if (target)
        target->descriptor = descriptor;
    return target;
}

net::Status bring_up(net::FoundSocket& target, const Selection& selection,
                     const Destination& destination) {
    if (!destination)
        return {};
    auto done = selection.listen.empty() ? connect_at(target, *destination)
                                         : listen_at(target, selection, *destination);
    if (!done)
        return done;
    if (auto facts = facts_of(target.socket))
        target.facts = std::move(*facts);
    return {};
}

}  // namespace sockbox::tools

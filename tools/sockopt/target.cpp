// New, inherited and found sockets.
#include "tools/sockopt/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/resolver.h"
#include "net/streams.h"
#include "system/host.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

struct SocketType {
    std::string_view name;
    int type;
    int protocol;
    bool inet;
};
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
        error.hint = "a raw socket needs CAP_NET_RAW";
    return net::fail(std::move(error));
}

net::Result<ChosenSocket> target_of(net::Result<net::Socket> socket) {
    if (!socket)
        return net::fail(socket.error());
    auto facts = facts_of(*socket);
    if (!facts)
        return net::fail(facts.error());
    ChosenSocket target;
    target.socket = std::move(*socket);
    target.facts = std::move(*facts);
    return target;
}

bool is_datagram(const Selection& selection) {
    return socket_types[selection.type].type == SOCK_DGRAM;
}

net::Transport transport_of(const Selection& selection) {
    return is_datagram(selection) ? net::Transport::udp : net::Transport::tcp;
}

// "[ADDR:]PORT"; a bare port is a host without one.
net::Result<std::vector<Place>> listen_places(const Selection& selection) {
    const bool bare = selection.listen.find(':') == selection.listen.npos;
    const auto parts = net::split_host_port((bare ? ":" : "") + selection.listen);
    if (!parts)
        return net::fail(parts.error());
    const auto port = net::resolve_port(parts->port, transport_of(selection));
    if (!port)
        return net::fail(port.error());
    const auto family =
        selection.family == net::Family::ipv6 ? net::Family::ipv6 : net::Family::ipv4;
    if (parts->host.empty())
        return std::vector<Place>{net::Endpoint::any(family, *port)};
    const auto endpoint = net::Endpoint::parse(parts->host, *port);
    if (!endpoint)
        return net::fail(endpoint.error());
    if (selection.family != net::Family::any && selection.family != endpoint->family())
        return net::fail_text(fmt::format("{} is not an {} address", endpoint->address(),
                                          net::family_name(selection.family)));
    return std::vector<Place>{*endpoint};
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

net::Result<std::vector<Place>> connect_places(const Selection& selection) {
    const auto peer = peer_to_connect(selection);
    if (!peer)
        return net::fail(peer.error());
    const auto found =
        net::resolve_endpoints(peer->host, peer->port, selection.family, transport_of(selection));
    if (!found)
        return net::fail(found.error());
    return std::vector<Place>(found->begin(), found->end());
}

net::Status listen_at(ChosenSocket& target, const Selection& selection,
                      const net::Endpoint& endpoint) {
    constexpr int backlog = 4096;
    auto done = target.socket.bind(endpoint);
    if (done && !is_datagram(selection))
        done = target.socket.listen(backlog);
    if (done)
        return done;
    net::Error error = done.error();
    error.hint = net::bind_hint(error.code, endpoint);
    return net::fail(std::move(error));
}

net::Status connect_at(ChosenSocket& target, const net::Endpoint& endpoint) {
    constexpr std::chrono::seconds patience{10};
    if (auto mode = target.socket.set_blocking(false); !mode)
        return mode;
    const net::Transfer started = target.socket.connect(endpoint);
    std::error_code code = started.error;
    if (started.would_block())
        code = wait_for(target.socket, net::Direction::send, net::deadline_in(patience)) ==
                       net::Readiness::timed_out
                   ? net::platform::error_of(std::errc::timed_out)
                   : target.socket.take_error();
    if (code)
        return net::fail({code, "connect", endpoint.to_string(), {}, zone_hint(endpoint)});
    return target.socket.set_blocking(true);
}

}  // namespace

std::vector<std::string> socket_type_names() {
    std::vector<std::string> names;
    for (const SocketType& type : socket_types)
        names.emplace_back(type.name);
    return names;
}

net::Status check(const Selection& selection) {
    const bool others = selection.pid || selection.searches();
    const bool made = !selection.listen.empty() || !selection.connect.empty();
    if (!selection.listen.empty() && !selection.connect.empty())
        return net::fail_text("--listen and --connect exclude each other");
    if (made && (others || selection.descriptor))
        return net::fail_text("a new socket (--listen, --connect) is nobody's yet");
    if (selection.descriptor && others && !selection.pid)
        return net::fail_text("--fd: goes with --pid, or alone");
    if (selection.descriptor && selection.pid &&
        (selection.listening || selection.port || !selection.process.empty()))
        return net::fail_text("--pid and --fd name one socket: nothing is left to search for");
    if (made && !socket_types[selection.type].inet)
        return net::fail_text("--listen and --connect want an IPv4 or IPv6 socket");
    if (!selection.listen.empty())
        if (const auto sound = listen_places(selection); !sound)
            return net::fail_text("--listen: " + sound.error().message());
    if (!selection.connect.empty())
        if (const auto sound = peer_to_connect(selection); !sound)
            return net::fail_text("--connect: " + sound.error().message());
    return {};
}

bool fits(const Selection& selection, const net::SocketKind& kind) {
    if (selection.family != net::Family::any && kind.family != net::native_family(selection.family))
        return false;
    if (!selection.typed)
        return true;
    const SocketType& type = socket_types[selection.type];
    const bool inet = kind.family == AF_INET || kind.family == AF_INET6;
    const bool any_protocol = !type.inet || type.type == SOCK_RAW;
    return type.inet == inet && type.type == kind.type &&
           (any_protocol || type.protocol == kind.protocol);
}

std::string heading(const ChosenSocket& target) {
    std::string text;
    if (target.process)
        text = fmt::format("{}[{}] ", net::escape(target.process->name()), target.process->pid());
    if (target.descriptor)
        text += fmt::format("fd {} ", *target.descriptor);
    const net::SocketKind& kind = target.facts.kind;
    const bool inet = kind.family == AF_INET || kind.family == AF_INET6;
    text += inet ? protocol_text(kind) : describe(kind);
    text += ' ' + target.facts.state;
    if (!target.facts.local.empty())
        text += ' ' + target.facts.local;
    if (!target.facts.peer.empty())
        text += " -> " + target.facts.peer;
    if (target.user)
        text += fmt::format(" (of user {})", net::user_name(*target.user));
    return target.facts.other_namespace != 0 ? text + " (in another network namespace)" : text;
}

report::Json json_of(const ChosenSocket& target) {
    using report::Json;
    const auto text = [](const std::string& t) { return t.empty() ? Json() : Json(t); };
    Json json = Json::object();
    json.set("pid", target.process ? Json(target.process->pid()) : Json());
    json.set("process", target.process ? Json(target.process->name()) : Json());
    json.set("fd", target.descriptor);
    json.set("family", family_text(target.facts.kind));
    json.set("type", type_text(target.facts.kind));
    json.set("protocol", protocol_text(target.facts.kind));
    json.set("state", target.facts.state);
    json.set("local", text(target.facts.local)).set("peer", text(target.facts.peer));
    if (target.user)
        json.set("user", net::user_name(*target.user));
    if (target.facts.other_namespace != 0)
        json.set("other_namespace", true);
    return json;
}

net::Result<std::vector<Place>> places(const Selection& selection) {
    if (selection.listen.empty() && selection.connect.empty())
        return std::vector<Place>{std::nullopt};
    return selection.listen.empty() ? connect_places(selection) : listen_places(selection);
}

net::Result<ChosenSocket> open_target(const Selection& selection, const Place& place) {
    if (selection.pid) {
        auto process = net::HostProcess::open(static_cast<int>(*selection.pid));
        if (!process)
            return net::fail(process.error());
        return target_in(std::make_shared<net::HostProcess>(std::move(*process)),
                         static_cast<int>(selection.descriptor.value_or(0)));
    }
    if (!selection.descriptor)
        return target_of(
            new_socket(socket_types[selection.type], place ? place->family() : selection.family));
    const int descriptor = static_cast<int>(*selection.descriptor);
    auto target = target_of(net::duplicate_inherited(descriptor));
    if (target)
        target->descriptor = descriptor;
    return target;
}

net::Status bring_up(ChosenSocket& target, const Selection& selection, const Place& place) {
    if (!place)
        return {};
    auto done = selection.listen.empty() ? connect_at(target, *place)
                                         : listen_at(target, selection, *place);
    if (!done)
        return done;
    if (auto facts = facts_of(target.socket))
        target.facts = std::move(*facts);
    return {};
}

net::Result<ChosenSocket> target_in(const std::shared_ptr<const net::HostProcess>& process,
                                    int descriptor) {
    auto shared = process->duplicate(descriptor);
    if (!shared)
        return net::fail(shared.error());
    auto target = target_of(std::move(shared->socket));
    if (!target)
        return target;
    target->descriptor = descriptor;
    target->inode = shared->inode;
    target->process = process;
    return target;
}

net::Status check_identity(const ChosenSocket& target) {
    if (!target.process || target.process->holds(*target.descriptor, target.socket))
        return {};
    return net::fail(
        {{},
         "set",
         fmt::format("descriptor {} of process {}", *target.descriptor, target.process->pid()),
         "it is another socket by now, or closed",
         {}});
}

}  // namespace sockbox::tools

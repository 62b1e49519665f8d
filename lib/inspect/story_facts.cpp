// Reads the facts that both systems have, as options.
#include "inspect/story_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "inspect/process.h"
#include "option/grant.h"
#include "option/option.h"
#include "option/tcp_info.h"

namespace sockbox::net {
namespace {

bool is_tcp(const SocketKind& kind) {
    constexpr int tcp = 6;
    constexpr int mptcp = 262;
    return is_inet(kind) && kind.type == SOCK_STREAM &&
           (kind.protocol == tcp || kind.protocol == mptcp);
}

bool is_on(const Socket& socket, std::string_view name) {
    return read_named<bool>(socket, name).value_or(false);
}

TcpFacts tcp_facts(const Socket& socket, const SocketFacts& facts) {
    TcpFacts tcp;
    tcp.keepalive = is_on(socket, "SO_KEEPALIVE");
    tcp.no_delay = is_on(socket, "TCP_NODELAY");
    tcp.cork = is_on(socket, "TCP_CORK");
    tcp.quick_ack = is_on(socket, "TCP_QUICKACK");
    const auto idle = read_named<std::int64_t>(socket, "TCP_KEEPIDLE");
    const auto interval = read_named<std::int64_t>(socket, "TCP_KEEPINTVL");
    const auto probes = read_named<std::int64_t>(socket, "TCP_KEEPCNT");
    tcp.probing_known = idle && interval && probes;
    if (tcp.probing_known)
        tcp.probing = {std::chrono::seconds(*idle), std::chrono::seconds(*interval),
                       static_cast<int>(*probes)};
    tcp.probing.user_timeout =
        std::chrono::milliseconds(read_named<std::int64_t>(socket, "TCP_USER_TIMEOUT").value_or(0));
    const auto timers = tcp_timers(socket);
    if (timers && !facts.peer.empty()) {
        tcp.timeout = timers->timeout;
        tcp.smoothed_rtt = timers->smoothed_rtt;
        tcp.ack_delay = timers->ack_delay;
        tcp.selective_acknowledgements = timers->selective_acknowledgements;
    }
    const auto limits = tcp_limits(socket);
    if (limits) {
        tcp.probing.tick = limits->tick;
        tcp.limits = *limits;
    } else {
        tcp.unknown = limits.error().detail;
    }
    return tcp;
}

PortFacts port_facts(const Socket& socket, const SocketFacts& facts) {
    PortFacts port;
    port.bound = local_port(facts).value_or(0) != 0;
    port.any_address = facts.local_address && facts.local_address->is_unspecified();
    port.reuse_address = is_on(socket, "SO_REUSEADDR");
    port.reuse_port = is_on(socket, "SO_REUSEPORT");
    port.exclusive = read_named<bool>(socket, "SO_EXCLUSIVEADDRUSE");
    if (facts.kind.family == AF_INET6)
        port.ipv6_only = read_named<bool>(socket, "IPV6_V6ONLY");
    return port;
}

std::optional<BufferFacts> buffer_facts(const Socket& socket, const SocketKind& kind,
                                        std::string_view name) {
    const auto stored = read_named<std::int64_t>(socket, name);
    const auto option = Option::find(name);
    if (!stored || !option)
        return std::nullopt;
    return BufferFacts{*stored, buffer_story(socket, kind, *option, *stored)};
}

// The number of packets that the socket has dropped, from SO_MEMINFO.
std::optional<std::int64_t> drops_of(const Socket& socket) {
    const auto memory = read_named<Fields>(socket, "SO_MEMINFO").value_or(Fields());
    const auto drops = std::ranges::find(memory, "drops", &Field::name);
    const auto* count = drops != memory.end() ? std::get_if<std::int64_t>(&drops->value) : nullptr;
    return count != nullptr ? std::optional(*count) : std::nullopt;
}

StoryFacts read_facts(const Socket& socket, const SocketFacts& facts) {
    StoryFacts story;
    story.kind = facts.kind;
    story.state = facts.state;
    story.connected = !facts.peer.empty();
    story.linger = read_named<Linger>(socket, "SO_LINGER");
    story.unread_bytes = story.connected ? unread_bytes(socket) : 0;
    story.drops = drops_of(socket);
    if (is_tcp(facts.kind))
        story.tcp = tcp_facts(socket, facts);
    if (facts.kind.listening)
        if (const auto queues = listener_facts(socket, facts.kind))
            story.listener = *queues;
    if (is_inet(facts.kind) && facts.kind.type != SOCK_RAW)
        story.port = port_facts(socket, facts);
    story.receive_buffer = buffer_facts(socket, facts.kind, "SO_RCVBUF");
    story.send_buffer = buffer_facts(socket, facts.kind, "SO_SNDBUF");
    return story;
}

}  // namespace

StoryFacts story_facts(const Socket& socket, const SocketFacts& facts) {
    if (facts.other_namespace == 0)
        return read_facts(socket, facts);
    StoryFacts story;
    const auto space = NetworkNamespace::of_socket(socket);
    const auto done = space ? space->run([&] { story = read_facts(socket, facts); })
                            : Status(fail(space.error()));
    if (done)
        return story;
    // Our own sysctls say nothing about a namespace that we cannot enter.
    story = read_facts(socket, facts);
    story.listener.reset();
    if (story.tcp) {
        story.tcp->limits.reset();
        story.tcp->unknown = "the settings of its network namespace cannot be read";
    }
    return story;
}

}  // namespace sockbox::net

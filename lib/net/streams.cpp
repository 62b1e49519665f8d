// TCP listeners and connections, bound UDP sockets, and whole-buffer sends.
#include "net/streams.h"

#include "system/hint.h"

namespace sockbox::net {
namespace {

Status prepare_socket(Socket& socket, const Prepare& prepare) {
    return prepare ? prepare(socket) : Status();
}

// Every message of the system about an address names it.
tl::unexpected<Error> failure_at(const Endpoint& endpoint, Error error) {
    if (error.subject.empty())
        error.subject = endpoint.to_string();
    return fail(std::move(error));
}

// The common part of bind_stream() and bind_datagram().
Result<Socket> bound_socket(const Endpoint& endpoint, Transport transport, const Prepare& prepare) {
    auto socket = Socket::open(endpoint.family(), transport);
    if (!socket)
        return failure_at(endpoint, socket.error());
    if (transport == Transport::tcp && !platform::claim_address(socket->native()))
        return fail_last("claim", endpoint.to_string());
    if (endpoint.family() == Family::ipv6)
        if (auto only = socket->set_option(IPPROTO_IPV6, IPV6_V6ONLY, 1); !only)
            return failure_at(endpoint, only.error());
    if (auto prepared = prepare_socket(*socket, prepare); !prepared)
        return fail(prepared.error());
    if (auto bound = bind_to(*socket, endpoint); !bound)
        return fail(bound.error());
    return socket;
}

tl::unexpected<Error> connect_failure(std::error_code code, const Endpoint& endpoint) {
    return fail({code, "connect", endpoint.to_string(), {}, zone_hint(endpoint)});
}

bool connected_to_itself(const Socket& socket) {
    const auto local = socket.local();
    const auto peer = socket.peer();
    return local && peer && *local == *peer;
}

}  // namespace

std::string bind_hint(const std::error_code& code, const Endpoint& endpoint) {
    if (code == std::errc::permission_denied && endpoint.port() < 1024)
        return hint(Hint::privileged_port);
    if (code == std::errc::address_in_use)
        return hint(Hint::port_in_use);
    if (code == std::errc::address_not_available)
        return hint(Hint::not_an_own_address);
    if (endpoint.uses_zone() && endpoint.scope_id() == 0)
        return hint(Hint::no_zone, {endpoint.address()});
    return {};
}

Status bind_to(Socket& socket, const Endpoint& endpoint) {
    auto bound = socket.bind(endpoint);
    if (bound)
        return bound;
    Error error = bound.error();
    error.hint = bind_hint(error.code, endpoint);
    return fail(std::move(error));
}

Status bind_client_to(Socket& socket, const Endpoint& endpoint) {
    auto bound = bind_to(socket, endpoint);
    if (!bound && bound.error().code == std::errc::address_in_use)
        bound.error().hint = hint(Hint::source_port_in_use);
    return bound;
}

Result<Socket> bind_stream(const Endpoint& endpoint, const Prepare& prepare) {
    return bound_socket(endpoint, Transport::tcp, prepare);
}

Status listen_on(Socket& bound, int backlog) {
    auto listening = bound.listen(backlog);
    if (listening)
        return listening;
    Error error = listening.error();
    const auto local = bound.local().value_or(Endpoint());
    error.subject = local.to_string();
    error.hint = bind_hint(error.code, local);
    return fail(std::move(error));
}

Result<Socket> listen_on(const Endpoint& endpoint, const ListenOptions& options) {
    auto socket = bind_stream(endpoint, options.prepare);
    if (!socket)
        return socket;
    if (auto listening = listen_on(*socket, options.backlog); !listening)
        return fail(listening.error());
    return socket;
}

Result<Socket> bind_datagram(const Endpoint& endpoint, const Prepare& prepare) {
    return bound_socket(endpoint, Transport::udp, prepare);
}

namespace {

// A port that is asked for may have been used shortly before, by a connection in TIME_WAIT.
Status bind_source(Socket& socket, Family family, const ConnectOptions& options) {
    Endpoint source = options.source.value_or(Endpoint::any(family));
    if (options.source_port != 0)
        source = source.with_port(options.source_port);
    if (source.port() != 0)
        (void)platform::claim_address(socket.native());
    else if (options.source)
        platform::defer_port_choice(socket.native());
    else
        return {};
    return bind_client_to(socket, source);
}

}  // namespace

Result<Socket> start_connect(const Endpoint& endpoint, const ConnectOptions& options) {
    auto socket = Socket::open(endpoint.family(), Transport::tcp);
    if (!socket)
        return failure_at(endpoint, socket.error());
    if (auto prepared = prepare_socket(*socket, options.prepare); !prepared)
        return fail(prepared.error());
    if (auto bound = bind_source(*socket, endpoint.family(), options); !bound)
        return fail(bound.error());
    if (auto mode = socket->set_blocking(false); !mode)
        return fail(mode.error());
    const Transfer started = socket->connect(endpoint);
    if (started.failed())
        return connect_failure(started.error, endpoint);
    return socket;
}

Status finish_connect(Socket& socket, const Endpoint& endpoint) {
    if (const std::error_code code = socket.take_error())
        return connect_failure(code, endpoint);
    if (connected_to_itself(socket)) {
        auto refused = connect_failure(platform::error_of(std::errc::connection_refused), endpoint);
        refused.value().detail = "the socket connected to itself: no server listens there";
        return refused;
    }
    return socket.set_blocking(true);
}

Result<Socket> connect_to(const Endpoint& endpoint, const ConnectOptions& options) {
    auto socket = start_connect(endpoint, options);
    if (!socket)
        return socket;
    switch (wait_for(*socket, Direction::send, options.deadline, options.stop)) {
        case Readiness::timed_out:
            return connect_failure(platform::error_of(std::errc::timed_out), endpoint);
        case Readiness::stopped:
            return connect_failure(platform::error_of(std::errc::operation_canceled), endpoint);
        case Readiness::ready: break;
    }
    if (auto connected = finish_connect(*socket, endpoint); !connected)
        return fail(connected.error());
    return socket;
}

Status send_all(Socket& socket, std::span<const std::byte> data, Deadline deadline,
                const StopSignal* stop, std::size_t* sent) {
    std::size_t done = 0;
    std::error_code code;
    while (done < data.size() && !code) {
        switch (wait_for(socket, Direction::send, deadline, stop)) {
            case Readiness::timed_out: code = platform::error_of(std::errc::timed_out); continue;
            case Readiness::stopped:
                code = platform::error_of(std::errc::operation_canceled);
                continue;
            case Readiness::ready: break;
        }
        const Transfer put = socket.send(data.subspan(done));
        done += put.bytes;
        code = put.error;
    }
    if (sent != nullptr)
        *sent = done;
    if (code)
        return fail({code, "send", {}, {}, {}});
    return {};
}

}  // namespace sockbox::net

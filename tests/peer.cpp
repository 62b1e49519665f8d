// The scripted server for client tests.
#include "peer.h"

#include <gtest/gtest.h>

#include <random>

#include "net/streams.h"
#include "support.h"

namespace sockbox::test {
namespace {

net::Socket checked(net::Result<net::Socket> socket) {
    if (!socket)
        throw std::runtime_error(socket.error().message());
    return std::move(*socket);
}

const net::Endpoint free_port = net::Endpoint::loopback(net::Family::ipv4);

}  // namespace

Peer::Peer(net::Socket socket, const std::function<void(net::Socket&, const net::StopSignal&)>& run)
    : socket_(std::move(socket)),
      endpoint_(*socket_.local()),
      stop_(std::move(*net::StopSignal::create())),
      thread_([this, run] {
          while (net::wait_for(socket_, net::Direction::receive, net::no_deadline, &stop_) ==
                 net::Readiness::ready)
              run(socket_, stop_);
      }) {}

Peer::~Peer() {
    stop_.raise();
    thread_.join();
}

Peer Peer::stream(ServeStream serve) {
    return {checked(net::listen_on(free_port)),
            [serve = std::move(serve)](net::Socket& listener, const net::StopSignal&) {
                auto accepted = net::accept(listener, true);
                if (accepted.transfer.done())
                    serve(accepted.socket);
            }};
}

Peer Peer::datagram(ServeDatagram serve) {
    return {checked(net::bind_datagram(free_port)),
            [serve = std::move(serve)](net::Socket& socket, const net::StopSignal&) {
                std::string buffer(65536, '\0');
                const auto got = socket.receive_from(std::as_writable_bytes(std::span(buffer)));
                if (got.transfer.done())
                    serve(socket, buffer.substr(0, got.transfer.bytes), got.source);
            }};
}

std::string receive_some(net::Socket& socket, std::size_t most) {
    std::string buffer(most, '\0');
    if (net::wait_for(socket, net::Direction::receive, net::deadline_in(patience)) !=
        net::Readiness::ready)
        return {};
    const auto got = socket.receive(std::as_writable_bytes(std::span(buffer)));
    return buffer.substr(0, got.done() ? got.bytes : 0);
}

void send_text(net::Socket& socket, std::string_view text) {
    (void)net::send_all(socket, std::as_bytes(std::span(text)), net::deadline_in(patience));
}

void echo_all(net::Socket& socket) {
    for (std::string text = receive_some(socket); !text.empty(); text = receive_some(socket))
        send_text(socket, text);
}

std::string closed_port() {
    constexpr std::uint16_t lowest = 10'000;
    constexpr std::uint16_t count = 20'000;  // ip_local_port_range begins at 32768 (ip(7))
    std::random_device random;
    for (;;) {
        const auto port = static_cast<std::uint16_t>(lowest + random() % count);
        const auto endpoint = net::Endpoint::loopback(net::Family::ipv4, port);
        if (net::bind_datagram(endpoint) && net::listen_on(endpoint))
            return std::to_string(port);
    }
}

}  // namespace sockbox::test

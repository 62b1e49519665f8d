// A scripted server for client tests, which runs on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "net/signals.h"
#include "net/socket.h"

namespace sockbox::test {

class Peer {
  public:
    // Both run in the peer's thread. A connection is closed when `serve` returns.
    using ServeStream = std::function<void(net::Socket&)>;
    // Receives each datagram with its source, and may send on the socket.
    using ServeDatagram =
        std::function<void(net::Socket&, const std::string&, const net::Endpoint&)>;

    // Listens on a free port of 127.0.0.1.
    static Peer stream(ServeStream serve);
    static Peer datagram(ServeDatagram serve);
    Peer(const Peer&) = delete;
    ~Peer();

    std::string port() const { return std::to_string(endpoint_.port()); }
    const net::Endpoint& endpoint() const { return endpoint_; }

  private:
    Peer(net::Socket socket, const std::function<void(net::Socket&, const net::StopSignal&)>& run);

    net::Socket socket_;
    net::Endpoint endpoint_;
    net::StopSignal stop_;
    std::thread thread_;
};

// Building blocks for scripts. Reads have a deadline and return an empty string at EOF.
std::string receive_some(net::Socket& socket, std::size_t most = 65536);
void send_text(net::Socket& socket, std::string_view text);
// Echoes until EOF.
void echo_all(net::Socket& socket);

// A port of 127.0.0.1 that refuses connections and datagrams. The system does not assign it to any
// socket meanwhile.
std::string closed_port();

}  // namespace sockbox::test

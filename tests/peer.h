// A scripted server for tests of clients: a thread that serves one connection after the other as a
// test says, or UDP datagrams.
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
    // Gets each datagram and its source, and sends what it likes by the socket.
    using ServeDatagram =
        std::function<void(net::Socket&, const std::string&, const net::Endpoint&)>;

    // On a free port of 127.0.0.1.
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

// Pieces for scripts. Reading waits with a deadline; empty at the end of the stream.
std::string receive_some(net::Socket& socket, std::size_t most = 65536);
void send_text(net::Socket& socket, std::string_view text);
// Echoes to the end of the stream.
void echo_all(net::Socket& socket);

// A port of 127.0.0.1 that refuses connections, and datagrams.
std::string closed_port();

}  // namespace sockbox::test

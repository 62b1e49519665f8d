// Connections to echod for end-to-end tests.
#pragma once

#include <gtest/gtest.h>

#include "net/streams.h"
#include "serve/engines/engines.h"
#include "tests/ready_line.h"
#include "tests/support.h"
#include "text/units.h"

namespace sockbox::test {

// For tests that run with every engine.
inline std::vector<std::string> engine_names() {
    std::vector<std::string> names;
    for (const serve::Engine& engine : serve::engines())
        names.emplace_back(engine.name);
    return names;
}

inline net::Endpoint loopback(const std::string& port) {
    return net::Endpoint::loopback(net::Family::ipv4, *net::parse_port(port));
}

// Returns a closed socket on failure.
inline net::Socket connect(const std::string& port) {
    net::ConnectOptions options;
    options.deadline = net::deadline_in(patience);
    auto socket = net::connect_to(loopback(port), options);
    if (socket)
        return std::move(*socket);
    ADD_FAILURE() << socket.error().message();
    return net::Socket();
}

// Sends a byte and receives its echo: from now on the server is serving this client.
inline void expect_served(net::Socket& socket) {
    std::byte byte{42};
    ASSERT_TRUE(net::send_all(socket, {&byte, 1}));
    std::byte got{};
    ASSERT_EQ(net::wait_for(socket, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    ASSERT_TRUE(socket.receive({&got, 1}).done());
    EXPECT_EQ(got, byte);
}

inline void expect_end(net::Socket& socket) {
    ASSERT_EQ(net::wait_for(socket, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    std::byte unused{};
    EXPECT_TRUE(socket.receive({&unused, 1}).end());
}

}  // namespace sockbox::test

// A minimal HTTP client for tests.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::test {

inline net::Socket visit(const net::Endpoint& server) {
    net::ConnectOptions options;
    options.deadline = net::deadline_in(patience);
    auto socket = net::connect_to(server, options);
    EXPECT_TRUE(socket) << socket.error().message();
    return socket ? std::move(*socket) : net::Socket();
}

inline void say(net::Socket& socket, std::string_view text) {
    EXPECT_TRUE(net::send_all(socket, std::as_bytes(std::span(text)), net::deadline_in(patience)));
}

// Everything received until EOF.
inline std::string hear(net::Socket& socket) {
    std::string text;
    std::array<char, 4096> buffer{};
    const auto deadline = net::deadline_in(patience);
    for (;;) {
        if (net::wait_for(socket, net::Direction::receive, deadline) != net::Readiness::ready) {
            ADD_FAILURE() << "no end after " << text.size() << " bytes";
            return text;
        }
        const auto got = socket.receive(std::as_writable_bytes(std::span(buffer)));
        if (!got.done())
            return text;
        text.append(buffer.data(), got.bytes);
    }
}

inline std::string ask(const net::Endpoint& server, std::string_view request) {
    auto socket = visit(server);
    say(socket, request);
    return hear(socket);
}

// The body of a response.
inline std::string body_of(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == answer.npos ? std::string() : answer.substr(end + 4);
}

}  // namespace sockbox::test

// A test parameter for every engine, and helpers to send bytes and check their echo.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "tests/serve/test_server.h"

namespace sockbox::serve {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

inline Bytes random_bytes(std::size_t size, unsigned seed = 1) {
    std::mt19937 source(seed);
    Bytes bytes(size);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(source());
    return bytes;
}

// The next bytes or the reason why the stream ended; fails the test if nothing arrives.
inline net::Transfer receive_some(net::Socket& socket, std::span<std::byte> into) {
    if (net::wait_for(socket, net::Direction::receive, net::deadline_in(test::patience)) !=
        net::Readiness::ready) {
        ADD_FAILURE() << "nothing came back";
        return {net::Transfer::State::failed, 0, {}};
    }
    return socket.receive(into);
}

inline Bytes receive_exactly(net::Socket& socket, std::size_t size) {
    Bytes bytes(size);
    for (std::size_t got = 0; got < size;) {
        const auto transfer = receive_some(socket, std::span(bytes).subspan(got));
        if (!transfer.done()) {
            ADD_FAILURE() << "ended after " << got << " of " << size << " bytes";
            return {};
        }
        got += transfer.bytes;
    }
    return bytes;
}

inline void expect_end(net::Socket& socket) {
    Bytes one(1);
    const auto transfer = receive_some(socket, one);
    EXPECT_TRUE(transfer.end()) << transfer.bytes << " bytes, " << transfer.error.message();
}

inline void send(net::Socket& socket, const Bytes& bytes) {
    const auto sent = net::send_all(socket, bytes, net::deadline_in(test::patience));
    EXPECT_TRUE(sent) << sent.error().message();
}

inline void expect_echo(net::Socket& socket, const Bytes& bytes) {
    send(socket, bytes);
    EXPECT_EQ(receive_exactly(socket, bytes.size()), bytes);
}

// A client that has sent until all buffers on the way were full, without reading.
struct Deaf {
    net::Socket socket;
    std::size_t sent = 0;
};
inline Deaf connect_deaf(const TestServer& server) {
    Deaf deaf{server.connect(4096)};
    EXPECT_TRUE(deaf.socket.set_blocking(false));
    const Bytes chunk = random_bytes(64 * 1024);
    const auto owes_bytes = [&] {
        const Counters& counters = server.counters();
        return counters.received_bytes.value() > counters.sent_bytes.value();
    };
    const auto until = net::deadline_in(test::patience);
    for (bool is_full = false; !(is_full && owes_bytes()) && net::Clock::now() < until;) {
        is_full = net::wait_for(deaf.socket, net::Direction::send, net::deadline_in(200ms)) !=
                  net::Readiness::ready;
        if (is_full)
            continue;
        const auto put = deaf.socket.send(chunk);
        EXPECT_FALSE(put.failed()) << put.error.message();
        deaf.sent += put.bytes;
    }
    EXPECT_TRUE(owes_bytes());
    return deaf;
}

// Expects bytes to come back while they are being sent.
inline void expect_stream_part(net::Socket& socket, const Bytes& bytes) {
    std::thread sender([&] { send(socket, bytes); });
    EXPECT_EQ(receive_exactly(socket, bytes.size()), bytes);
    sender.join();
}

// Expects all of a stream to come back while it is being sent, followed by EOF.
inline void expect_stream_echo(net::Socket& socket, const Bytes& bytes) {
    std::thread sender([&] {
        send(socket, bytes);
        EXPECT_TRUE(socket.shutdown(net::ShutdownHow::send));
    });
    EXPECT_EQ(receive_exactly(socket, bytes.size()), bytes);
    expect_end(socket);
    sender.join();
}

class EveryEngine : public testing::TestWithParam<std::string_view> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        // Covered by the end-to-end tests of the fork engine.
        if (GetParam() == "fork")
            GTEST_SKIP() << "a sanitizer's allocator may be locked when another thread forks";
#endif
        const auto available = engine().available();
        if (!available)
            GTEST_SKIP() << available.error().message();
    }
    const Engine& engine() const {
        return *find_engine(GetParam());
    }
    bool one_at_a_time() const {
        return GetParam() == "iterative";
    }
};

inline std::vector<std::string_view> engine_names() {
    std::vector<std::string_view> found;
    for (const Engine& engine : engines())
        found.push_back(engine.name);
    return found;
}

}  // namespace sockbox::serve

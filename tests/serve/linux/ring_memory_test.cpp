// Tests of the memory of the io_uring engine.
#include <algorithm>
#include <fstream>

#include "tests/serve/every_engine.h"

namespace sockbox::serve {
namespace {

// What this process has resident, in bytes.
std::size_t resident() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0;
    std::size_t pages = 0;
    file >> all >> pages;
    return pages * 4096;
}

class RingMemory : public testing::Test {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer keeps memory that was freed";
#endif
        if (const auto available = find_engine("io_uring")->available(); !available)
            GTEST_SKIP() << available.error().message();
    }

    // Sends until nothing more fits into the buffers on the way, without reading.
    static std::vector<net::Socket> connect_deaf_ones(const TestServer& server, std::size_t count) {
        std::vector<net::Socket> deaf;
        for (std::size_t i = 0; i < count; ++i) {
            deaf.push_back(server.connect(4096));
            EXPECT_TRUE(deaf.back().set_blocking(false));
        }
        const Bytes chunk = random_bytes(64 * 1024);
        const auto all_full = [&] {
            bool full = true;
            for (net::Socket& client : deaf)
                while (client.send(chunk).done())
                    full = false;
            return full;
        };
        for (int quiet = 0; quiet < 3;) {
            quiet = all_full() ? quiet + 1 : 0;
            std::this_thread::sleep_for(100ms);
        }
        return deaf;
    }
};

// With small buffers of the system, so that the test needs little memory.
ServeOptions options_for(std::size_t workers) {
    ServeOptions options;
    options.workers = workers;
    options.prepare_accepted = [](net::Socket& socket) {
        return socket.set_option(SOL_SOCKET, SO_SNDBUF, 8192);
    };
    return options;
}

TEST_F(RingMemory, IsGivenBackWhenClientsThatNeverReadAreGone) {
    constexpr std::size_t count = 400;
    constexpr std::size_t held = count * 64 * 1024;
    TestServer server(*find_engine("io_uring"), options_for(1));
    const std::size_t before = resident();
    auto deaf = connect_deaf_ones(server, count);
    const std::size_t most = resident();
    EXPECT_LE(server.counters().received_bytes.value() - server.counters().sent_bytes.value(),
              held);
    auto honest = server.connect();
    expect_echo(honest, random_bytes(1000));
    deaf.clear();
    server.witness().reports(count);
    const auto deadline = net::deadline_in(test::patience);
    const std::size_t allowed = before + std::min(most - before, held) / 2;
    while (resident() > allowed && net::Clock::now() < deadline)
        std::this_thread::sleep_for(50ms);
    EXPECT_LE(resident(), allowed) << "of " << most;
}

// A receive needs a buffer of which there are few at first.
TEST_F(RingMemory, ManyWhoSendMuchAtOnceAreAllServed) {
    TestServer server(*find_engine("io_uring"), options_for(1));
    const Bytes sent = random_bytes(200'000);
    std::vector<net::Socket> clients;
    for (int i = 0; i < 100; ++i)
        clients.push_back(server.connect());
    std::vector<std::thread> threads;
    for (net::Socket& client : clients)
        threads.emplace_back([&client, &sent] { expect_stream_echo(client, sent); });
    for (std::thread& thread : threads)
        thread.join();
}

}  // namespace
}  // namespace sockbox::serve

// Tests of the threads of the pool engine.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <thread>

#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

std::ptrdiff_t threads_of(Process& process) {
    const std::filesystem::path tasks = "/proc/" + std::to_string(process.pid()) + "/task";
    return std::distance(std::filesystem::directory_iterator(tasks), {});
}

TEST(Pool, SurplusThreadsEndAlthoughClientsKeepComing) {
    constexpr int burst = 50;
    EchoServer server({"--engine", "pool", "--workers", "1", "--tcp"});
    {
        auto client = connect(server.port());
        expect_served(client);
    }
    const auto before = threads_of(server.process());
    {
        std::vector<net::Socket> clients;
        for (int i = 0; i < burst; ++i) {
            clients.push_back(connect(server.port()));
            expect_served(clients.back());
        }
        EXPECT_GE(threads_of(server.process()), before + burst - 1);
    }
    const auto deadline = net::deadline_in(patience);
    while (threads_of(server.process()) > before + 2 && net::Clock::now() < deadline) {
        auto client = connect(server.port());
        expect_served(client);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_LE(threads_of(server.process()), before + 2);
}

}  // namespace
}  // namespace sockbox::test

// Tests of the threads of the pool engine.
#include <fmt/format.h>
#include <gmock/gmock.h>
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

TEST(Pool, AMaximumBelowTheProcessorsIsKept) {
    Process process(
        {"echod", "--engine", "pool", "--max-workers", "1", "-p", "0", "-b", "127.0.0.1", "--tcp"});
    EXPECT_THAT(process.read_line(), testing::HasSubstr("pool, 1 worker)"));
    process.send_signal(SIGTERM);
    EXPECT_EQ(process.wait().status, tools::exit_ok);
}

// Their lines are far more than may wait for a reader.
TEST(Pool, AThousandListenersAreAnnounced) {
    Words words{"echod", "-j", "-p", "0", "--tcp"};
    for (int i = 0; i < 1300; ++i)
        words.insert(words.end(), {"-b", fmt::format("127.1.{}.{}", i / 200, i % 200 + 1)});
    Process process(words);
    for (int i = 0; i < 1300; ++i)
        ASSERT_THAT(process.read_line(), testing::HasSubstr(R"("event":"listening")")) << i;
    process.send_signal(SIGTERM);
    EXPECT_EQ(process.wait().status, tools::exit_ok);
}

}  // namespace
}  // namespace sockbox::test

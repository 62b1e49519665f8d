// Tests of echod under many clients: connections that come and go, that stay, and a greedy one.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/descriptors.h"
#include "serve/engines.h"
#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;

class EngineUnderStress : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        const auto available = serve::find_engine(GetParam())->available();
        if (!available)
            GTEST_SKIP() << available.error().message();
        if (GetParam() == "iterative")
            GTEST_SKIP() << "serves one at a time by design";
    }
};

INSTANTIATE_TEST_SUITE_P(Echod, EngineUnderStress, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

std::ptrdiff_t descriptors_of(int pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
    return std::distance(begin(all), end(all));
}

std::uint64_t resident_bytes(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::ptrdiff_t threads_of(int pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/task");
    return std::distance(begin(all), end(all));
}

std::ptrdiff_t children_of(int pid) {
    const std::string id = std::to_string(pid);
    std::ifstream file("/proc/" + id + "/task/" + id + "/children");
    return std::distance(std::istream_iterator<int>(file), {});
}

// Four clients that connect again and again, and leave in one way after the other: after an echo,
// at once, with a reset.
void churn(const std::string& port, int rounds) {
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                auto client = connect(port);
                if (round % 3 != 1)
                    expect_served(client);
                if (round % 3 == 2)
                    client.abort();
            }
        });
    for (std::thread& client : clients)
        client.join();
}

TEST_P(EngineUnderStress, ConnectionsThatComeAndGoLeaveNothing) {
    EchoServer server({"--engine", GetParam()});
    const int pid = server.process().pid();
    churn(server.port(), 50);  // memory that is kept for the next ones is there after these
    const std::uint64_t before = resident_bytes(pid);
    churn(server.port(), 300);
    const auto deadline = net::deadline_in(patience);
    constexpr std::ptrdiff_t most = 40;  // far below the thousand that came
    while (descriptors_of(pid) > most || threads_of(pid) > most || children_of(pid) > 0)
        ASSERT_LT(net::Clock::now(), deadline)
            << descriptors_of(pid) << " descriptors, " << threads_of(pid) << " threads, "
            << children_of(pid) << " children";
#ifndef SOCKBOX_SANITIZED
    EXPECT_LT(resident_bytes(pid), before + (4 << 20));
#else
    static_cast<void>(before);
#endif
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
}

// None of them waits for a second, as one does whose first segment found the listen queue full.
TEST_P(EngineUnderStress, ABurstOfClientsOverflowsNoQueue) {
    if (GetParam() == "thread" || GetParam() == "pool" || GetParam() == "fork")
        GTEST_SKIP() << "so many threads or processes at once are another matter";
    net::platform::raise_descriptor_limit();
    constexpr std::size_t count = 2000;
    if (net::descriptor_limit().value_or(count * 2) < count + 100)
        GTEST_SKIP() << "the limit of descriptors is too low";
    EchoServer server({"--engine", GetParam(), "--tcp"});
    std::vector<net::Socket> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(*net::Socket::open(net::Family::ipv4, net::Transport::tcp));
        ASSERT_TRUE(clients.back().set_blocking(false));
        ASSERT_FALSE(clients.back().connect(loopback(server.port())).failed());
    }
    unsigned again = 0;
    for (net::Socket& client : clients) {
        ASSERT_EQ(net::wait_for(client, net::Direction::send, net::deadline_in(patience)),
                  net::Readiness::ready);
        tcp_info info{};
        socklen_t length = sizeof info;
        ASSERT_EQ(::getsockopt(client.native(), IPPROTO_TCP, TCP_INFO, &info, &length), 0);
        again += info.tcpi_total_retrans;
    }
    EXPECT_EQ(again, 0U);
    expect_served(clients.front());
    expect_served(clients.back());
}

TEST_P(EngineUnderStress, IdleConnectionsCostLessThanAKibibyte) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer has its own ideas about memory";
#endif
    if (GetParam() == "thread" || GetParam() == "pool" || GetParam() == "fork")
        GTEST_SKIP() << "a stack each";
    net::platform::raise_descriptor_limit();
    constexpr std::size_t count = 8000;
    if (net::descriptor_limit().value_or(count * 2) < count + 100)
        GTEST_SKIP() << "the limit of descriptors is too low";
    EchoServer server({"--engine", GetParam(), "--tcp"});
    std::vector<net::Socket> clients;
    for (std::size_t i = 0; i < 64; ++i)
        clients.push_back(connect(server.port()));
    for (net::Socket& client : clients)
        expect_served(client);
    const std::uint64_t before = resident_bytes(server.process().pid());
    while (clients.size() < count)
        clients.push_back(connect(server.port()));
    // Accepted in order, so all of them are there when the last one is served.
    expect_served(clients.back());
    const std::uint64_t after = resident_bytes(server.process().pid());
    EXPECT_LE(after - std::min(before, after), count * 1024);
    const std::byte byte{1};
    for (net::Socket& client : clients)
        ASSERT_TRUE(client.send({&byte, 1}).done());
    for (net::Socket& client : clients) {
        ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        std::byte got{};
        ASSERT_TRUE(client.receive({&got, 1}).done());
    }
    server.process().send_signal(SIGTERM);
    for (net::Socket& client : clients) {
        ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        std::byte unused{};
        EXPECT_TRUE(client.receive({&unused, 1}).end());
        client.close();
    }
    EXPECT_EQ(server.process().wait().status, 0);
}

// One client sends and reads as fast as it can; twenty others ask now and then.
TEST_P(EngineUnderStress, AGreedyClientStarvesNobody) {
    EchoServer server({"--engine", GetParam(), "--tcp"});
    std::vector<net::Socket> modest;
    for (int i = 0; i < 20; ++i)
        modest.push_back(connect(server.port()));
    auto greedy = connect(server.port());
    std::atomic<bool> enough{false};
    std::thread sender([&] {
        const std::vector<std::byte> chunk(256 * 1024);
        while (!enough && net::send_all(greedy, chunk, net::deadline_in(patience))) {
        }
        static_cast<void>(greedy.shutdown(net::ShutdownHow::send));
    });
    std::thread reader([&] {
        std::vector<std::byte> some(256 * 1024);
        while (greedy.receive(some).done()) {
        }
    });
    std::chrono::nanoseconds longest{0};
    for (int round = 0; round < 20; ++round)
        for (net::Socket& client : modest) {
            const auto begin = net::Clock::now();
            expect_served(client);
            longest = std::max<std::chrono::nanoseconds>(longest, net::Clock::now() - begin);
        }
    enough = true;
    sender.join();
    reader.join();
    EXPECT_LT(longest, 1s);
}

}  // namespace
}  // namespace sockbox::test

// Tests of echod with many clients: connections that come and go or stay, and a greedy one.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "serve/engines/engines.h"
#include "system/host.h"
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

// Whether connections of that port are in TIME_WAIT on our side (/proc/net/tcp in proc(5)).
bool has_time_wait(const std::string& port) {
    const std::string local = fmt::format(": 0100007F:{:04X} ", std::stoi(port));
    std::ifstream table("/proc/net/tcp");
    for (std::string line; std::getline(table, line);)
        if (line.find(local) != std::string::npos && line.find(" 06 ") != std::string::npos)
            return true;
    return false;
}

// Apart from the addresses of other tests, which should not run out of ports because closed
// connections occupy them.
net::Endpoint client_address(std::size_t number) {
    return *net::Endpoint::parse(fmt::format("127.0.1.{}", number + 1));
}

net::Socket connect_from(const net::Endpoint& source, const std::string& port) {
    net::ConnectOptions options;
    options.deadline = net::deadline_in(patience);
    options.source = source;
    auto socket = net::connect_to(loopback(port), options);
    if (socket)
        return std::move(*socket);
    ADD_FAILURE() << socket.error().message();
    return net::Socket();
}

// Four clients that connect repeatedly and leave in different ways: after an echo, immediately, or
// with a reset.
void churn(const std::string& port, int connections) {
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < 4; ++i)
        clients.emplace_back([&port, rounds = connections / 4, source = client_address(i)] {
            for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
                auto client = connect_from(source, port);
                if (round % 3 != 1)
                    expect_served(client);
                if (round % 3 == 2)
                    client.abort();
            }
        });
    for (std::thread& client : clients)
        client.join();
}

int churned_connections([[maybe_unused]] const std::string& engine) {
#ifdef SOCKBOX_SANITIZED
    return 1200;  // otherwise five seconds become a minute
#else
    if (engine == "fork")
        return 5000;  // starting a process costs more than everything else
    return engine == "thread" || engine == "pool" ? 30'000 : 50'000;
#endif
}

// What is kept for reuse grows with the most clients at once, which differs from round to round; a
// leak grows in every round.
TEST_P(EngineUnderStress, ConnectionsThatComeAndGoLeaveNothing) {
    EchoServer server({"--engine", GetParam()});
    const int pid = server.process().pid();
    churn(server.port(), 400);
    const std::ptrdiff_t descriptors = descriptors_of(pid);
    constexpr int rounds = 4;
    bool has_grown = true;
    for (int round = 0; round < rounds && has_grown; ++round) {
        const std::uint64_t before = resident_bytes(pid);
        churn(server.port(), churned_connections(GetParam()));
        const auto deadline = net::deadline_in(patience);
        constexpr std::ptrdiff_t most =
            40;  // for each kind, far below the thousands of connections
        while (descriptors_of(pid) > descriptors || threads_of(pid) > most || children_of(pid) > 0)
            ASSERT_LT(net::Clock::now(), deadline)
                << descriptors_of(pid) << " descriptors, " << threads_of(pid) << " threads, "
                << children_of(pid) << " children";
        has_grown = resident_bytes(pid) > before + before / 20;
#ifdef SOCKBOX_SANITIZED
        has_grown = false;  // a sanitizer keeps what was freed
#endif
    }
    EXPECT_FALSE(has_grown) << "by 5 % in each of " << rounds << " rounds";
    EXPECT_FALSE(has_time_wait(server.port())) << "the server closed first";
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
}

// No client waits for a second, as it would if the full backlog had dropped its first segment.
TEST_P(EngineUnderStress, ABurstOfClientsOverflowsNoQueue) {
    net::platform::raise_descriptor_limit();
#ifdef SOCKBOX_SANITIZED
    constexpr std::size_t count = 500;  // its processes are many times larger and slower
#else
    constexpr std::size_t count = 2000;
#endif
    if (net::descriptor_limit().value_or(count * 2) < count + 100)
        GTEST_SKIP() << "the limit of descriptors is too low";
    EchoServer server(
        {"--engine", GetParam(), "--tcp", "--max-workers", std::to_string(count + 100)});
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

void ask(net::Socket& client) {
    const std::byte byte{42};
    ASSERT_TRUE(client.send({&byte, 1}).done());
}

void expect_answer(net::Socket& client, net::Deadline deadline) {
    std::byte got{};
    ASSERT_EQ(net::wait_for(client, net::Direction::receive, deadline), net::Readiness::ready);
    ASSERT_TRUE(client.receive({&got, 1}).done());
}

TEST_P(EngineUnderStress, IdleConnectionsCostLessThanAKibibyte) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer has its own ideas about memory";
#endif
    if (GetParam() == "thread" || GetParam() == "pool" || GetParam() == "fork")
        GTEST_SKIP() << "a stack each";
    net::platform::raise_descriptor_limit();
    constexpr std::size_t count = 19'900;  // a common descriptor limit is 20,000
    if (net::descriptor_limit().value_or(count * 2) < count + 100)
        GTEST_SKIP() << "the limit of descriptors is too low";
    EchoServer server({"--engine", GetParam(), "--tcp"});
    std::vector<net::Socket> clients;
    for (std::size_t i = 0; i < 64; ++i)
        clients.push_back(connect(server.port()));
    for (net::Socket& client : clients)
        expect_served(client);
    const std::uint64_t before = resident_bytes(server.process().pid());
    // From several addresses, because the kernel is slow to find the last free ports of one.
    while (clients.size() < count)
        clients.push_back(connect_from(client_address(clients.size() % 4), server.port()));
    // Accepted in order, so all of them are open when the last one is served.
    expect_served(clients.back());
    const std::uint64_t after = resident_bytes(server.process().pid());
    EXPECT_LE(after - std::min(before, after), count * 1024);
    const auto begin = net::Clock::now();
    std::for_each(clients.begin(), clients.end(), ask);
    for (net::Socket& client : clients)
        expect_answer(client, begin + patience);
    EXPECT_LT(net::Clock::now() - begin, patience / 2);  // bench/idle.py measures the time
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

// Sends and reads as fast as it can during its lifetime.
class GreedyClient {
  public:
    explicit GreedyClient(const std::string& port) : socket_(connect(port)) {
        sender_ = std::thread([this] {
            const std::vector<std::byte> chunk(256 * 1024);
            while (!enough_ && net::send_all(socket_, chunk, net::deadline_in(patience))) {
            }
            static_cast<void>(socket_.shutdown(net::ShutdownHow::send));
        });
        reader_ = std::thread([this] {
            std::vector<std::byte> some(256 * 1024);
            for (auto got = socket_.receive(some); got.done(); got = socket_.receive(some))
                received_ += got.bytes;
        });
    }
    GreedyClient(const GreedyClient&) = delete;
    GreedyClient& operator=(const GreedyClient&) = delete;
    ~GreedyClient() {
        enough_ = true;
        if (testing::Test::HasFailure())  // no further output is expected
            static_cast<void>(socket_.shutdown(net::ShutdownHow::both));
        sender_.join();
        reader_.join();
    }
    std::uint64_t received() const { return received_; }

  private:
    net::Socket socket_;
    std::atomic<bool> enough_{false};
    std::atomic<std::uint64_t> received_{0};
    std::thread sender_;
    std::thread reader_;
};

// The 99th percentile of the round-trip times of ten clients, while the greedy one transfers a
// mebibyte.
std::chrono::nanoseconds ask_beside(const GreedyClient& greedy, std::vector<net::Socket>& clients,
                                    net::Deadline deadline) {
    constexpr std::size_t at_once = 10;
    const std::uint64_t enough = greedy.received() + (1 << 20);
    std::vector<std::chrono::nanoseconds> times;
    for (std::size_t first = 0; times.size() < 3 * clients.size() || greedy.received() < enough;
         first += at_once) {
        EXPECT_LT(net::Clock::now(), deadline) << "the greedy one gets nothing";
        if (testing::Test::HasFailure())
            return patience;
        const auto some = std::span(clients).subspan(first % clients.size(), at_once);
        const auto begin = net::Clock::now();
        std::for_each(some.begin(), some.end(), ask);
        for (net::Socket& client : some) {
            expect_answer(client, deadline);
            if (testing::Test::HasFailure())
                return patience;
            times.emplace_back(net::Clock::now() - begin);
        }
    }
    std::sort(times.begin(), times.end());
    return times[times.size() * 99 / 100];
}

TEST_P(EngineUnderStress, AGreedyClientStarvesNobody) {
    EchoServer server({"--engine", GetParam(), "--tcp"});
    std::vector<net::Socket> modest;
    for (int i = 0; i < 100; ++i)
        modest.push_back(connect(server.port()));
    const GreedyClient greedy(server.port());
    // Other programs may occupy the processors for a while, but not all the time.
    int fair = 0;
    int unfair = 0;
    const auto deadline = net::deadline_in(patience);  // for everything, if a client starves
    while (fair < 10 && net::Clock::now() < deadline && !HasFailure())
        ++(ask_beside(greedy, modest, deadline) < 50ms ? fair : unfair);
    EXPECT_EQ(fair, 10) << "beside " << unfair << " in which one of a hundred took too long";
}

}  // namespace
}  // namespace sockbox::test

// Tests of echod that gets urgent bytes and signals at once, with every engine.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

class Urgent : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        if (const auto available = serve::find_engine(GetParam())->available(); !available)
            GTEST_SKIP() << available.error().message();
    }

    // Sends bytes of which one is urgent, and expects all of them back, in order.
    static void expect_echo(net::Socket& client) {
        for (const auto& [text, flags] : {std::pair{"a", 0}, {"U", MSG_OOB}, {"bcd", 0}})
            ASSERT_GT(::send(client.native(), text, std::strlen(text), flags | MSG_NOSIGNAL), 0);
        std::string got;
        while (got.size() < 5) {
            std::array<char, 8> some{};
            ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                      net::Readiness::ready)
                << "after '" << got << "'";
            const auto bytes = ::recv(client.native(), some.data(), some.size(), 0);
            ASSERT_GT(bytes, 0);
            got.append(some.data(), static_cast<std::size_t>(bytes));
        }
        EXPECT_EQ(got, "aUbcd");
    }

    // While signals are sent to the server without end.
    static void expect_echoes(EchoServer& server, const std::vector<int>& signals, int count) {
        std::vector<net::Socket> clients;
        for (int i = 0; i < (GetParam() == "iterative" ? 1 : count); ++i) {
            clients.push_back(connect(server.port()));
            ASSERT_TRUE(clients.back().set_option(SOL_SOCKET, SO_OOBINLINE, 1));
            expect_served(clients.back());
        }
        std::atomic<bool> over{false};
        std::thread storm([&] {
            while (!over) {
                for (const int number : signals)
                    server.process().send_signal(number);
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        });
        for (int round = 0; round < count && !HasFailure(); ++round)
            for (net::Socket& client : clients)
                if (!HasFailure())
                    expect_echo(client);
        over = true;
        storm.join();
    }
};

INSTANTIATE_TEST_SUITE_P(Echod, Urgent, testing::ValuesIn(engine_names()),
                         [](const auto& row) { return row.param; });

TEST_P(Urgent, BytesAreEchoedWhileSignalsArrive) {
    EchoServer server({"--engine", GetParam(), "--drain-timeout", "1s"});
    expect_echoes(server, {SIGUSR1}, 20);
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().status, 0);
}

// Signals that cannot be blocked, such as those of a shell's job control.
TEST_P(Urgent, BytesAreEchoedAlthoughTheServerIsStopped) {
    EchoServer server({"--engine", GetParam(), "--drain-timeout", "1s"});
    expect_echoes(server, {SIGSTOP, SIGCONT}, 10);
    server.process().send_signal(SIGTERM);
    EXPECT_EQ(server.process().wait().status, 0);
}

}  // namespace
}  // namespace sockbox::test

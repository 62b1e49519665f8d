// End-to-end tests of echod at the system's limits, on every engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "serve/engines.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using namespace std::chrono_literals;

// The processor time that a process has used so far (proc(5), utime and stime).
std::chrono::milliseconds processor_time(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

class AtTheDescriptorLimit : public testing::TestWithParam<std::string> {};

// Clients beyond the limit wait or are closed; those before it are served, nothing spins, and the
// next one is served when descriptors are free again.
TEST_P(AtTheDescriptorLimit, HeldConnectionsAreServedAndNothingSpins) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer looks at memory through a pipe, and reports what it cannot open";
#endif
    const auto* engine = serve::find_engine(GetParam());
    if (const auto available = engine->available(); !available)
        GTEST_SKIP() << available.error().message();
    if (GetParam() == "iterative")
        GTEST_SKIP() << "serves one at a time by design";
    const auto begin = net::Clock::now();
    Process server({"/usr/bin/prlimit", "--nofile=32:32", SOCKBOX_BIN_DIR "/echod", "--engine",
                    GetParam(), "--workers", "1", "--port", "0", "--bind", "127.0.0.1"});
    const std::string line = server.read_line();
    const std::string address = line.substr(0, line.find(" ("));
    const std::string port = address.substr(address.rfind(':') + 1);
    std::vector<net::Socket> clients;
    for (int i = 0; i < 60; ++i)
        clients.push_back(connect(port));
    expect_served(clients.front());
    const auto before = processor_time(server.pid());
    const auto silence = net::wait_for(clients.front(), net::Direction::receive,
                                       net::deadline_in(1500ms));  // nothing comes, time passes
    EXPECT_EQ(silence, net::Readiness::timed_out);
    EXPECT_LT(processor_time(server.pid()) - before, 500ms);
    expect_served(clients.front());
    clients.clear();
    auto next = connect(port);
    expect_served(next);
    next.close();
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, testing::HasSubstr("(EMFILE)"));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(net::Clock::now() - begin);
    EXPECT_LE(std::ssize(lines(ran.err)), seconds.count() + 1) << ran.err;  // one a second
}

std::vector<std::string> engine_names() {
    std::vector<std::string> names;
    for (const serve::Engine& engine : serve::engines())
        names.emplace_back(engine.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Echod, AtTheDescriptorLimit, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sockbox::test

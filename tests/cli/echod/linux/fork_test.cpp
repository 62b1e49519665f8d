// Tests of the fork engine's processes: their descriptors, how they end, and how that is reported.
#include <dirent.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

std::vector<int> children_of(int pid) {
    const std::string id = std::to_string(pid);
    std::ifstream file("/proc/" + id + "/task/" + id + "/children");
    return {std::istream_iterator<int>(file), {}};
}

// Waits until the process has this many children, and returns them.
std::vector<int> await_children(int pid, std::size_t count) {
    const auto deadline = net::deadline_in(patience);
    std::vector<int> found = children_of(pid);
    while (found.size() != count && net::Clock::now() < deadline)
        found = children_of(pid);
    EXPECT_EQ(found.size(), count);
    return found;
}

// What the descriptors of a process from 3 on refer to, such as "socket:[1234]".
Words descriptors_of(int pid) {
    Words found;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
        if (std::stoi(entry.path().filename()) > STDERR_FILENO)
            found.push_back(std::filesystem::read_symlink(entry.path()));
    return found;
}

TEST(EchodFork, AChildHoldsNoSocketButItsOwn) {
    EchoServer server({"--engine", "fork"});
    auto first = connect(server.port());
    expect_served(first);
    auto second = connect(server.port());
    expect_served(second);
    for (const int child : await_children(server.process().pid(), 2)) {
        const Words held = descriptors_of(child);
        EXPECT_EQ(std::count_if(held.begin(), held.end(),
                                [](const auto& name) { return name.starts_with("socket:"); }),
                  1)
            << testing::PrintToString(held);
        // The client, the pipe to the parent, and two stop signals.
        EXPECT_THAT(held, testing::SizeIs(4));
    }
    second.close();
    await_children(server.process().pid(), 1);
    expect_served(first);
}

TEST(EchodFork, NoZombieIsLeftOfManyClients) {
    EchoServer server({"--engine", "fork"});
    for (int i = 0; i < 300; ++i) {
        auto client = connect(server.port());
        expect_served(client);
    }
    await_children(server.process().pid(), 0);
}

TEST(EchodFork, ASignalToAllProcessesDrainsAsOneToTheParentDoes) {
    EchoServer server({"--engine", "fork"});
    auto client = connect(server.port());
    expect_served(client);
    const auto children = await_children(server.process().pid(), 1);
    for (const int child : children)
        for (const int number : {SIGTERM, SIGINT})
            ::kill(child, number);
    expect_served(client);  // the child ignores it
    server.process().send_signal(SIGINT);
    expect_end(client);
    client.close();
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
}

TEST(EchodFork, ChildrenEndWithAKilledParentAndThePortIsFree) {
    EchoServer server({"--engine", "fork"});
    std::vector<net::Socket> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connect(server.port()));
        expect_served(clients.back());
    }
    await_children(server.process().pid(), clients.size());
    server.process().send_signal(SIGKILL);
    EXPECT_EQ(server.process().wait().status, 128 + SIGKILL);
    for (net::Socket& client : clients)
        expect_end(client);
    Process next({"echod", "--engine", "fork", "--port", server.port(), "--bind", "127.0.0.1"});
    EXPECT_THAT(next.read_line(), HasSubstr("listening on"));
    auto client = connect(server.port());
    expect_served(client);
}

TEST(EchodFork, AKilledChildIsReportedAndItsPlaceIsFree) {
    EchoServer server({"--engine", "fork", "--max-connections", "1", "-v"});
    auto client = connect(server.port());
    expect_served(client);
    ::kill(await_children(server.process().pid(), 1).front(), SIGKILL);
    expect_end(client);
    await_children(server.process().pid(), 0);
    auto next = connect(server.port());
    expect_served(next);
    next.close();
    await_children(server.process().pid(), 0);
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, HasSubstr("its process was killed by signal 9"));
    EXPECT_THAT(ran.err, testing::ContainsRegex(": failed, [0-9.]+ [mu]?s\n"));
    EXPECT_THAT(ran.err, HasSubstr(": finished, 1 byte received, 1 sent"));
}

TEST(EchodFork, AChildThatWasStoppedDoesNotHoldUpTheEnd) {
    for (const bool waits : {true, false}) {
        EchoServer server({"--engine", "fork", "-v", "--drain-timeout", waits ? "100ms" : "1h"});
        auto client = connect(server.port());
        expect_served(client);
        const int child = await_children(server.process().pid(), 1).front();
        ::kill(child, SIGSTOP);
        server.process().send_signal(SIGTERM);
        const auto deadline = net::deadline_in(patience);
        while (!waits && net::connect_to(loopback(server.port())))  // the first is being handled
            ASSERT_LT(net::Clock::now(), deadline);
        if (!waits)
            server.process().send_signal(SIGTERM);
        const Ran ran = server.process().wait();
        EXPECT_EQ(ran.status, tools::exit_mismatch) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("1 connection aborted"));
        expect_end(client);
    }
}

// A child may be killed before it has done anything at all.
TEST(EchodFork, KilledChildrenDoNotCountAsLessThanNone) {
    EchoServer server({"--engine", "fork", "--log-format", "json"});
    for (int i = 0; i < 200; ++i) {
        auto client = connect(server.port());
        std::vector<int> children;
        const auto deadline = net::deadline_in(patience);
        while (children.empty() && net::Clock::now() < deadline)
            children = children_of(server.process().pid());
        for (const int child : children)
            ::kill(child, SIGKILL);
    }
    await_children(server.process().pid(), 0);
    auto client = connect(server.port());
    expect_served(client);
    server.process().send_signal(SIGUSR1);
    client.close();
    await_children(server.process().pid(), 0);
    server.process().send_signal(SIGTERM);
    EXPECT_THAT(server.process().wait().err, testing::ContainsRegex("\"open\":[01],"));
}

}  // namespace
}  // namespace sockbox::test

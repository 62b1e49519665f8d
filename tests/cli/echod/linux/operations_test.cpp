// End-to-end tests of operating echod: access control, --once and SIGUSR1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(EchodOperations, ADeniedClientIsClosedAndReported) {
    EchoServer server({"--deny", "127.0.0.0/8"});
    auto client = connect(server.port());
    std::byte byte{};
    ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    EXPECT_TRUE(client.receive({&byte, 1}).end());
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, ContainsRegex("^echod: refuse 127.0.0.1:[0-9]+: the access list denies"));
}

TEST(EchodOperations, TimeoutsOfZeroAreNone) {
    EchoServer server({"--idle-timeout", "0", "--write-timeout", "0", "--tcp"});
    auto idle = connect(server.port());
    expect_served(idle);
    auto busy = connect(server.port());
    const std::vector<std::byte> sent(16 << 20);  // more than fits into the buffers between the two
    std::thread sender([&] {
        EXPECT_TRUE(net::send_all(busy, sent, net::deadline_in(patience)));
        EXPECT_TRUE(busy.shutdown(net::ShutdownHow::send));
    });
    // Timeouts of a millisecond would have ended both by now.
    EXPECT_EQ(net::wait_for(idle, net::Direction::receive,
                            net::deadline_in(std::chrono::milliseconds(200))),
              net::Readiness::timed_out);
    expect_served(idle);
    std::size_t got = 0;
    std::vector<std::byte> some(sent.size());
    for (auto part = busy.receive(some); part.done(); part = busy.receive(some))
        got += part.bytes;
    sender.join();
    EXPECT_EQ(got, sent.size());
}

TEST(EchodOperations, OnceEndsWithItsClient) {
    EchoServer server({"--once"});
    {
        auto client = connect(server.port());
        expect_served(client);
    }
    EXPECT_EQ(server.process().wait().status, 0);
}

TEST(EchodOperations, OnceExitsWithAFailureIfTheClientBrokeOff) {
    EchoServer server({"--once", "-v"});
    auto client = connect(server.port());
    expect_served(client);
    client.abort();
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.err, HasSubstr(": reset"));
}

// Closing the terminal ends it gracefully; nohup(1) keeps it running.
TEST(EchodOperations, TheEndOfTheTerminalIsAnEndInOrder) {
    const TemporaryFile port_file;
    EchoServer server({"--port-file", port_file.path()});
    server.process().send_signal(SIGHUP);
    EXPECT_EQ(server.process().wait().status, 0);
    EXPECT_FALSE(std::filesystem::exists(port_file.path()));
    Process deaf({"/bin/sh", "-c",
                  "trap '' HUP; exec " SOCKBOX_SH_BIN
                  "/echod --tcp --bind 127.0.0.1 --port 0 --drain-timeout 0"});
    const std::string port = port_in(deaf.read_line());
    deaf.send_signal(SIGHUP);
    auto client = connect(port);
    expect_served(client);
    client.close();
    deaf.send_signal(SIGTERM);
    EXPECT_EQ(deaf.wait().status, 0);
}

TEST(EchodOperations, ALogAtTheFileSizeLimitIsLostAndNothingElse) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer writes a file of its own before main()";
#endif
    const TemporaryFile log;
    Process server(
        {"/bin/sh", "-c", "ulimit -f 0; exec \"$echod\" --once -v -p 0 -b 127.0.0.1 2>\"$log\""},
        {"echod=" SOCKBOX_BIN_DIR "/echod", "log=" + log.path()});
    auto client = connect(port_in(server.read_line()));
    expect_served(client);
    client.close();
    EXPECT_EQ(server.wait().status, 0);
    EXPECT_EQ(log.content(), "");
}

TEST(EchodOperations, OnceIsForTcp) {
    const Ran ran = run(tools::echod, {"--once", "--udp"});
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_THAT(ran.err, HasSubstr("--once"));
}

// The response comes from another thread, and a byte is counted just after it has been sent.
TEST(EchodOperations, Sigusr1ShowsTheCountersInALine) {
    Process server({"/bin/sh", "-c", "exec " SOCKBOX_SH_BIN "/echod -p 0 -b 127.0.0.1 2>&1"});
    const std::string ready = server.read_line();
    server.read_line();
    auto client = connect(port_in(ready));
    expect_served(client);
    std::string line;
    const auto deadline = net::deadline_in(patience);
    while (line.find(" 1 sent;") == std::string::npos && net::Clock::now() < deadline) {
        server.send_signal(SIGUSR1);
        line = server.read_line();
    }
    EXPECT_EQ(line,
              "echod: 1 connection accepted, 1 open, 0 refused, 1 byte received, 1 sent; "
              "0 datagrams received, 0 answered, 0 dropped, 0 unsent, 0 overflowed");
    expect_served(client);
}

TEST(EchodOperations, Sigusr1IsAJsonObjectWhereLogsAre) {
    Process server({"/bin/sh", "-c",
                    "exec " SOCKBOX_SH_BIN
                    "/echod -p 0 -b 127.0.0.1 --tcp --log-format json 2>&1"});
    server.read_line();
    for (int i = 0; i < 3; ++i) {
        server.send_signal(SIGUSR1);
        EXPECT_THAT(server.read_line(),
                    ContainsRegex("^\\{\"tool\":\"echod\",\"event\":\"status\",\"accepted\":0,.*"
                                  "\"ended\":\\{\"finished\":0,.*\"refused\":\\{\"denied\":0,.*"
                                  "\"datagrams\":\\{\"received\":0,.*\\}\\}$"));
    }
}

TEST(EchodOperations, FaultsAreAnnounced) {
    for (const std::string& engine : engine_names()) {
        if (!serve::find_engine(engine)->available())
            continue;
        Process server({"echod", "-p", "0", "-b", "127.0.0.1", "-e", engine, "-w", "1", "--fault",
                        "delay=1ms", "--fault", "drop=1%", "--seed", "7"});
        EXPECT_THAT(server.read_line(), ContainsRegex(" \\(tcp, " + engine +
                                                      "(, 1 worker)?, fault delay=1ms, seed 7\\)"));
        EXPECT_THAT(server.read_line(),
                    ContainsRegex(" \\(udp, " + engine +
                                  "(, 1 worker)?, fault delay=1ms, drop=1%, seed 7\\)"));
        server.send_signal(SIGTERM);
        EXPECT_EQ(server.wait().err, "");
    }
    Process json({"echod", "-p", "0", "-b", "127.0.0.1", "-e", "poll", "--tcp", "--fault",
                  "delay=1ms", "--seed", "7", "--json"});
    EXPECT_THAT(json.read_line(), HasSubstr("\"faults\":[\"delay=1ms\"],\"seed\":7}"));
}

TEST(EchodOperations, MistakesInItsOptionsAreNamed) {
    const auto complaint = [](const Words& args) {
        const Ran ran = run(tools::echod, args);
        EXPECT_EQ(ran.status, tools::exit_usage);
        EXPECT_EQ(lines(ran.err).size(), 2U) << ran.err;
        return ran.err;
    };
    EXPECT_THAT(complaint({"--allow", "10.0.0.0/33"}), HasSubstr("--allow"));
    EXPECT_THAT(complaint({"--deny", "10.0.0.1/8"}), HasSubstr("bits beyond its prefix"));
    EXPECT_THAT(complaint({"--udp-rate", "-1"}), HasSubstr("--udp-rate"));
    EXPECT_THAT(complaint({"--fault", "drop=101%"}), HasSubstr("--fault"));
    EXPECT_THAT(complaint({"--tcp", "--fault", "drop=1%"}), HasSubstr("drop=1% applies to UDP"));
    EXPECT_THAT(complaint({"--udp", "--fault", "reset-after=1"}), HasSubstr("applies to TCP"));
    EXPECT_THAT(complaint({"-w", "10", "--max-workers", "5"}),
                HasSubstr("--workers 10 is more than --max-workers 5"));
    EXPECT_EQ(complaint({"--user", ""}), "echod: --user: it is empty\nechod: see 'echod --help'\n");
    EXPECT_THAT(complaint({"--port-file", ""}), HasSubstr("--port-file: it is empty"));
}

TEST(EchodOperations, AnAddressThatIsNamedTwiceIsServedOnce) {
    EchoServer server({"--tcp", "--bind", "127.0.0.1", "--bind", "127.0.0.1"});
    auto client = connect(server.port());
    expect_served(client);
    client.close();
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "") << "one ready line is all";
}

}  // namespace
}  // namespace sockbox::test

// End-to-end tests of how echod starts: ports, addresses, users, workers and what it is handed.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "paths.h"
#include "tests/echod_client.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Words echod_variable{"echod=" SOCKBOX_BIN_DIR "/echod"};

// Runs a shell script in a network namespace of its own; $echod is the program, and `serve ARGS`
// starts it, waits until it is ready, runs $meanwhile and ends it. Nullopt if there is no
// namespace.
std::optional<Ran> run_apart(const std::string& script, const std::string& wrapper = {}) {
    const TemporaryFile out;
    const std::string functions =
        "ip link set lo up || exit 77\n"
        "serve() { \"$echod\" \"$@\" >" +
        out.path() +
        " & pid=$!\n"
        "while ! grep -q listening " +
        out.path() +
        " && kill -0 $pid; do sleep 0.05; done\n"
        "eval \"$meanwhile\"; kill $pid; wait $pid; status=$?; cat " +
        out.path() + "; }\n";
    Words words;
    if (!wrapper.empty())
        words = {SOCKBOX_SOURCE_DIR "/tests/" + wrapper, "/bin/sh", "-c", functions + script};
    else
        words = {"/usr/bin/unshare", "-n", "/bin/sh", "-c", functions + script};
    auto ran = Process(words, echod_variable).wait();
    if (ran.status == 77 || ran.err.starts_with("unshare: "))
        return std::nullopt;
    return ran;
}

TEST(EchodStart, AServiceIsLookedUpForTheTransportThatIsServed) {
    std::ifstream file("/etc/services");
    const std::string services{std::istreambuf_iterator<char>(file), {}};
    if (services.find("\ntftp\t\t69/udp") == services.npos)
        GTEST_SKIP() << "no service tftp over UDP alone in /etc/services";
    for (const std::string transport : {"--udp", "-v"}) {
        const auto ran = run_apart("serve " + transport + " -p tftp -b 127.0.0.1; exit $status");
        if (!ran)
            GTEST_SKIP() << "no network namespace for us here";
        EXPECT_EQ(ran->status, 0) << ran->err;
        EXPECT_THAT(ran->out, HasSubstr("listening on 127.0.0.1:69 (udp, "));
    }
    const Ran ran = Process({"echod", "--tcp", "-p", "tftp"}).wait();
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_THAT(ran.err, StartsWith("echod: --port: 'tftp' is neither a port"));
    const Ran found = Process({"sockopt", "--port", "tftp", "SO_TYPE"}).wait();
    EXPECT_NE(found.status, tools::exit_usage) << found.err;
}

TEST(EchodStart, OfAHostWithAnAddressThatIsNotHereTheOthersAreServed) {
    const auto ran = run_apart(
        "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 || exit 77\n"
        "serve -p 0 -b localhost --tcp; exit $status",
        "with_fakedns");
    if (!ran)
        GTEST_SKIP() << "no namespaces for us here";
    EXPECT_EQ(ran->status, 0) << ran->err;
    EXPECT_THAT(ran->out, StartsWith("listening on 127.0.0.1:"));
    EXPECT_EQ(lines(ran->out).size(), 1U);
    EXPECT_THAT(ran->err, StartsWith("echod: bind [::1]:"));
    EXPECT_THAT(ran->err, HasSubstr("; listening on the other addresses of this host\n"));
}

// Also in the sandbox, in which it cannot be looked up.
TEST(EchodStart, AddressesAreTakenInEveryForm) {
    const auto listening = [](const Words& hosts) {
        Words words{"echod", "--tcp", "-p", "0"};
        for (const std::string& host : hosts)
            words.insert(words.end(), {"-b", host});
        Process server(words);
        std::string line = server.read_line();
        server.send_signal(SIGTERM);
        server.wait();
        return line;
    };
    EXPECT_THAT(listening({"::ffff:127.0.0.1"}), StartsWith("listening on 127.0.0.1:"));
    if (!net::bind_stream(*net::Endpoint::parse("::1")))
        GTEST_SKIP() << "no IPv6 here";
    EXPECT_THAT(listening({"::1%lo"}), StartsWith("listening on [::1]:"));
    const Ran ran = Process({"echod", "-p", "0", "-b", "ff02::1"}).wait();
    EXPECT_THAT(ran.err, HasSubstr("hint: a link-local address needs a zone, such as ff02::1%"));
}

TEST(EchodStart, AnAddressThatAnotherOneIncludesIsNamedAsTheReason) {
    const Ran ran = Process({"echod", "-p", "0", "-b", "0.0.0.0", "-b", "127.0.0.1"}).wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("hint: another address that was given, such as 0.0.0.0"));
}

TEST(EchodStart, AZoneIsShownByItsName) {
    const auto ran = run_apart(
        "ip -6 address add fe80::1/64 dev lo nodad || exit 77\n"
        "meanwhile='\"${echod%d}\" fe80::1%lo 3490 x'\n"
        "serve -v -b fe80::1%lo --tcp; exit $status");
    if (!ran)
        GTEST_SKIP() << "no network namespace with IPv6 for us here";
    EXPECT_EQ(ran->status, 0) << ran->err;
    EXPECT_THAT(ran->out, StartsWith("x\nlistening on [fe80::1%lo]:"));
    EXPECT_THAT(ran->err, testing::ContainsRegex("echod: \\[fe80::1%lo\\]:[0-9]+: finished"));
}

TEST(EchodStart, AUserThatNoDatabaseHasIsTakenByItsNumber) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can switch to another user";
    const std::string number = std::to_string(300'000 + ::getpid());
    EchoServer server({"--user", number});
    std::ifstream file("/proc/" + std::to_string(server.process().pid()) + "/status");
    const std::string status{std::istreambuf_iterator<char>(file), {}};
    const std::string four = number + '\t' + number + '\t' + number + '\t' + number + '\n';
    EXPECT_THAT(status, HasSubstr("\nUid:\t" + four));
    EXPECT_THAT(status, HasSubstr("\nGid:\t" + four));
    EXPECT_THAT(status, HasSubstr("\nGroups:\t" + number + " \n"));
}

TEST(EchodStart, ThereIsAWorkerForEachProcessorThatMayBeUsed) {
    cpu_set_t all;
    ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
    int first = 0;
    while (!CPU_ISSET(first, &all))
        ++first;
    Process server({"/usr/bin/taskset", "-c", std::to_string(first), SOCKBOX_BIN_DIR "/echod", "-p",
                    "0", "-b", "127.0.0.1", "--tcp", "-e", "epoll"});
    EXPECT_THAT(server.read_line(), HasSubstr(" (tcp, epoll, 1 worker)"));
}

TEST(EchodStart, ANumberOfSocketsThatIsNoneIsAMistake) {
    for (const char* variable : {"LISTEN_FDS=abc", "LISTEN_FDS=1x", "LISTEN_FDS=-1",
                                 "LISTEN_FDS=", "LISTEN_PID=x", "LISTEN_PID="}) {
        const Ran ran = Process({"echod", "-p", "0", "-b", "127.0.0.1"}, {variable}).wait();
        EXPECT_EQ(ran.status, tools::exit_usage);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, HasSubstr(variable));
        EXPECT_EQ(lines(ran.err).size(), 1U) << ran.err;
    }
}

TEST(EchodStart, AManagerThatIsGoneIsNotNeeded) {
    for (const bool verbose : {false, true}) {
        Words words{"echod", "-p", "0", "-b", "127.0.0.1", "--tcp", "--no-sandbox"};
        if (verbose)
            words.emplace_back("-v");
        Process server(words, {"NOTIFY_SOCKET=/nonexistent/notify"});
        auto client = connect(port_in(server.read_line()));
        expect_served(client);
        client.close();
        server.send_signal(SIGTERM);
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0);
        EXPECT_EQ(ran.err.find("connect NOTIFY_SOCKET /nonexistent/notify: ") != ran.err.npos,
                  verbose)
            << ran.err;
    }
}

TEST(EchodStart, AManagerThatDoesNotReadIsNotAwaited) {
    auto manager = *net::Socket::open(AF_UNIX, SOCK_DGRAM, 0);
    auto others = *net::Socket::open(AF_UNIX, SOCK_DGRAM, 0);
    const std::string name = "sockbox.test." + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(&address.sun_path[1], sizeof address.sun_path - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const auto* native = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    ASSERT_EQ(::bind(manager.native(), native, length), 0);
    ASSERT_EQ(::connect(others.native(), native, length), 0);
    ASSERT_TRUE(others.set_blocking(false));
    const std::byte byte{};
    while (others.send({&byte, 1}).done()) {  // until its queue is full
    }
    Process server({"echod", "-p", "0", "-b", "127.0.0.1", "--tcp"}, {"NOTIFY_SOCKET=@" + name});
    auto client = connect(port_in(server.read_line()));
    expect_served(client);
    client.close();
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait().status, 0);
}

}  // namespace
}  // namespace sockbox::test

// Tests of echod's sandbox as /proc shows it, with every engine.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"
#include "tests/linux/process_status.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

class InItsSandbox : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a build with a sanitizer enters none";
#endif
        const auto available = serve::find_engine(GetParam())->available();
        if (!available)
            GTEST_SKIP() << available.error().message();
    }
};

void expect_half_close_echoed(const std::string& port) {
    auto client = connect(port);
    std::vector<std::byte> sent(300'000, std::byte{5});
    ASSERT_TRUE(net::send_all(client, sent, net::deadline_in(patience)));
    ASSERT_TRUE(client.shutdown(net::ShutdownHow::send));
    std::size_t got = 0;
    for (std::vector<std::byte> some(65536);;) {
        ASSERT_EQ(net::wait_for(client, net::Direction::receive, net::deadline_in(patience)),
                  net::Readiness::ready);
        const auto transfer = client.receive(some);
        if (!transfer.done()) {
            EXPECT_TRUE(transfer.end());
            break;
        }
        got += transfer.bytes;
    }
    EXPECT_EQ(got, sent.size());
}

TEST_P(InItsSandbox, ItServesDrainsAndHasNoRights) {
    const TemporaryFile port_file;
    Words args{"--engine", GetParam(), "-v", "--port-file", port_file.path(), "--metrics", "0"};
    const bool root = ::geteuid() == 0;
    if (root)
        args.insert(args.end(), {"--user", "nobody"});
    EchoServer server(args);
    const int pid = server.process().pid();
    if (root) {
        EXPECT_EQ(status_of(pid, "Uid"), "65534\t65534\t65534\t65534");
    }
    expect_no_rights(pid);
    for (int i = 0; i < 3; ++i)
        expect_half_close_echoed(server.port());
    auto client = connect(server.port());
    expect_served(client);
    auto datagrams = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(datagrams);
    ASSERT_TRUE(datagrams->send_to({}, loopback(server.port())).done());
    EXPECT_EQ(net::wait_for(*datagrams, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    EXPECT_EQ(port_file.content(), server.port() + "\n");
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(port_file.content(), "");
    EXPECT_THAT(ran.err, HasSubstr(root ? "sandbox: user nobody, no capabilities"
                                        : "sandbox: no capabilities"));
    EXPECT_THAT(ran.err, HasSubstr("seccomp"));
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("EPERM"))) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Echod, InItsSandbox, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

TEST(EchodSandbox, CanBeLeftOutAndSaysSo) {
    EchoServer server({"--no-sandbox", "-v"});
    EXPECT_EQ(status_of(server.process().pid(), "Seccomp"), "0");
    EXPECT_EQ(status_of(server.process().pid(), "NoNewPrivs"), "0");
    server.process().send_signal(SIGTERM);
    EXPECT_THAT(server.process().wait().err, HasSubstr("echod: sandbox: skipped: --no-sandbox\n"));
}

// The directory belongs to root, so another user cannot remove anything from it.
TEST(EchodSandbox, APortFileThatCannotBeRemovedIsEmptied) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can switch to another user";
    const TemporaryFile unique;
    const std::string folder = unique.path() + ".folder";
    std::filesystem::create_directory(folder);
    const std::string file = folder + "/port";
    EchoServer server({"--user", "nobody", "--port-file", file});
    EXPECT_EQ(std::filesystem::file_size(file), server.port().size() + 1);
    server.process().send_signal(SIGTERM);
    const Ran ran = server.process().wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, HasSubstr("echod: remove port file " + file + ": "));
    EXPECT_THAT(ran.err, HasSubstr("it was emptied instead\n"));
    EXPECT_EQ(std::filesystem::file_size(file), 0U);
    std::filesystem::remove_all(folder);
}

// echod as a user of its own, to whom the limit on locked memory applies.
Words echod_within(int memlock_bytes) {
    return {"/usr/bin/prlimit",
            fmt::format("--memlock={}", memlock_bytes),
            "/usr/bin/setpriv",
            "--reuid",
            std::to_string(300'000 + ::getpid()),
            "--clear-groups",
            SOCKBOX_BIN_DIR "/echod",
            "-p",
            "0",
            "-b",
            "127.0.0.1"};
}

// io_uring is available but may not lock enough memory, which no probe can know in advance.
TEST(EchodSandbox, WithoutMemoryForRingsAutoTakesTheNextEngine) {
    if (::geteuid() != 0 || !serve::find_engine("io_uring")->available())
        GTEST_SKIP() << "needs root and io_uring";
    const Words limited = echod_within(64 << 10);
    Process server(limited);
    const std::string line = server.read_line();
    ASSERT_THAT(line, HasSubstr("(tcp, epoll, "));
    auto client = connect(port_in(line));
    expect_served(client);
    client.close();
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, HasSubstr("(ENOMEM); falling back to epoll\n"));
    Words named = limited;
    named.insert(named.end(), {"-e", "io_uring"});
    const Ran refused = Process(named).wait();
    EXPECT_EQ(refused.status, tools::exit_refused);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr("RLIMIT_MEMLOCK"));
}

bool has_a_socket(int pid) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid)))
        if (std::filesystem::read_symlink(entry, error).string().starts_with("socket:"))
            return true;
    return false;
}

// The limit allows one server at a time, and the kernel frees the memory of a ring some time after
// the end of its server.
TEST(EchodSandbox, MemoryOfRingsThatAnotherServerIsGivingUpIsWaitedFor) {
    if (::geteuid() != 0 || !serve::find_engine("io_uring")->available())
        GTEST_SKIP() << "needs root and io_uring";
    Words one_at_a_time = echod_within(192 << 10);
    one_at_a_time.insert(one_at_a_time.end(), {"-w", "1", "-e", "io_uring"});
    Process first(one_at_a_time);
    ASSERT_THAT(first.read_line(), HasSubstr("(tcp, io_uring, 1 worker)"));
    Process second(one_at_a_time);
    for (const auto until = net::deadline_in(patience); !has_a_socket(second.pid());)
        ASSERT_LT(net::Clock::now(), until);
    first.send_signal(SIGTERM);
    EXPECT_EQ(first.wait().status, 0);
    EXPECT_THAT(second.read_line(), HasSubstr("(tcp, io_uring, 1 worker)"));
}

TEST(EchodSandbox, AnUnknownUserIsAUsageError) {
    const Ran ran = run(tools::echod, {"--user", "no-such-user-here"});
    EXPECT_EQ(ran.status, tools::exit_usage);
    EXPECT_THAT(ran.err, HasSubstr("--user: 'no-such-user-here' is not a user on this system"));
}

TEST(EchodSandbox, OnlyRootCanChangeItsUser) {
    Words words{SOCKBOX_BIN_DIR "/echod", "-p", "0", "-b", "127.0.0.1", "--user", "root"};
    if (::geteuid() == 0)
        words.insert(words.begin(), {"/usr/bin/setpriv", "--reuid", "65534", "--clear-groups"});
    const Ran ran = Process(words).wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("echod: become user root: "));
    EXPECT_THAT(ran.err, HasSubstr("only root can switch to another user"));
}

}  // namespace
}  // namespace sockbox::test

// What sockopt leaves to the owner of a socket: its data, its errors, its FIN, and no change
// untold.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <random>
#include <thread>

#include "net/streams.h"
#include "tests/child_linux.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Ran sockopt(const Words& args) {
    return run(tools::sockopt, args);
}

bool forbidden(const Ran& ran) {
    return ran.err.find("EPERM") != std::string::npos ||
           ran.err.find("ENOSYS") != std::string::npos;
}

// Two ends of a connection over loopback.
struct Pair {
    net::Socket listener = net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
    net::Socket client = net::connect_to(listener.local().value()).value();
    net::Socket server = net::accept(listener, true).socket;
};

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

bool closed_by_peer(const net::Socket& socket) {
    std::array<pollfd, 1> end{{{socket.native(), POLLRDHUP, 0}}};
    return net::platform::poll(end, 30'000) == 1;
}

// More output than a pipe takes, and nobody reads it.
class StuckDump {
  public:
    explicit StuckDump(const std::string& pid) : process_({"sockopt", "--pid", pid}) {
        process_.read_line();  // it is at work
    }
    Ran read_rest() { return process_.wait(); }

  private:
    Process process_;
};

std::vector<net::Socket> many_sockets(std::size_t number) {
    std::vector<net::Socket> sockets;
    while (sockets.size() < number)
        sockets.push_back(net::Socket::open(net::Family::ipv4, net::Transport::udp).value());
    return sockets;
}

// Runs in a process of its own, where it may do to itself what it likes; what it returns.
std::string apart(const std::function<std::string()>& work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const pid_t pid = ::fork();
    if (pid == 0) {
        const std::string text = work();
        const bool put = ::write(ends[1], text.data(), text.size()) == std::ssize(text);
        ::_exit(put ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    ::waitpid(pid, nullptr, 0);
    return text;
}

TEST(SockoptOwner, AThousandSocketsWithFewDescriptors) {
    const auto sockets = many_sockets(1000);
    const Child child;
    // /proc, the process and one duplicate are all that is ever open.
    Process process(
        {"/bin/sh", "-c", "ulimit -n 10; exec " SOCKBOX_BIN_DIR "/sockopt --pid " + child.pid()});
    const Ran ran = process.wait();
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(count(ran.out, "] fd "), 1000U);
    EXPECT_EQ(count(ran.out, " SO_RCVBUF = "), 1000U);
}

TEST(SockoptOwner, WithoutDescriptorsItSaysSo) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer wants descriptors of its own";
#endif
    const std::string pid = std::to_string(::getpid());
    const std::string told = apart([&] {
        // Three for what it reads and writes, one for the process; /proc would be one more.
        const int free = ::dup(0);
        ::close(free);
        const auto limit = static_cast<rlim_t>(free) + 4;
        const rlimit few{limit, limit};
        ::setrlimit(RLIMIT_NOFILE, &few);
        const Ran ran = sockopt({"--pid", pid});
        return std::to_string(ran.status) + ran.err;
    });
    EXPECT_THAT(told, AllOf(testing::StartsWith("3sockopt: "), HasSubstr("(EMFILE)")));
}

TEST(SockoptOwner, AProcessThatEndsMeanwhileMakesTheListIncomplete) {
    const auto sockets = many_sockets(500);
    const Child child;
    const Ran whole = sockopt({"--pid", child.pid(), "SO_TYPE"});
    if (forbidden(whole))
        GTEST_SKIP() << whole.err;
    StuckDump dump(child.pid());
    child.kill();
    const Ran ran = dump.read_rest();
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.err, HasSubstr("the list is not complete: the process ended meanwhile"));
    EXPECT_GT(count(ran.out, "] fd "), 1U);
    EXPECT_LT(count(ran.out, "] fd "), 500U);
}

// A reader that takes its time does not keep the sockets open that it reads about.
TEST(SockoptOwner, ItsCloseSendsTheFinAtOnce) {
    auto sockets = many_sockets(500);
    std::vector<Pair> pairs(3);
    const Child child;
    if (const Ran ran = sockopt({"--pid", child.pid(), "SO_TYPE"}); forbidden(ran))
        GTEST_SKIP() << ran.err;
    StuckDump dump(child.pid());
    for (Pair& pair : pairs)
        pair.server.close();  // ours; the child's go with it
    child.kill();
    for (const Pair& pair : pairs)
        EXPECT_TRUE(closed_by_peer(pair.client));
    dump.read_rest();
}

// Dumps of a connection that carries data all the while.
TEST(SockoptOwner, ATransferGoesOnUnharmed) {
    const Pair pair;
    constexpr std::size_t total = 8U << 20U;
    std::size_t received = 0;
    bool intact = true;
    std::thread reader([&] {
        std::vector<std::byte> buffer(65536);
        while (received < total) {
            const auto got = const_cast<net::Socket&>(pair.server).receive(buffer);
            if (!got.done())
                break;
            for (std::size_t i = 0; i < got.bytes; ++i)
                intact = intact && buffer[i] == static_cast<std::byte>((received + i) % 251);
            received += got.bytes;
        }
    });
    std::thread writer([&] {
        std::vector<std::byte> data(total);
        for (std::size_t i = 0; i < total; ++i)
            data[i] = static_cast<std::byte>(i % 251);
        std::span<const std::byte> rest(data);
        while (!rest.empty()) {
            const auto sent = const_cast<net::Socket&>(pair.client)
                                  .send(rest.first(std::min<std::size_t>(rest.size(), 4096)));
            if (!sent.done())
                break;
            rest = rest.subspan(sent.bytes);
        }
    });
    const std::string pid = std::to_string(::getpid());
    for (int dump = 0; dump < 20; ++dump)
        for (const net::Socket* end : {&pair.client, &pair.server})
            EXPECT_EQ(sockopt({"--pid", pid, "--fd", std::to_string(end->native())}).status, 0);
    writer.join();
    reader.join();
    EXPECT_EQ(received, total);
    EXPECT_TRUE(intact);
}

struct Setting {
    const char* word;
    std::string name;
    int level;
    int number;
    int changed;
};

// Killed at any moment, the output names whatever may have been changed.
TEST(SockoptOwner, NoChangeGoesUntold) {
    const std::vector<Setting> settings{
        {"SO_KEEPALIVE=on", "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1},
        {"TCP_NODELAY=on", "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1},
        {"TCP_KEEPIDLE=77", "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 77},
        {"TCP_KEEPCNT=5", "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5}};
    std::minstd_rand random(20);
    for (int round = 0; round < 60; ++round) {
        auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
        Words words{"sockopt", "--pid", std::to_string(::getpid()), "--fd",
                    std::to_string(socket.native())};
        for (const Setting& setting : settings)
            words.emplace_back(setting.word);
        Process process(words);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 9000));
        process.send_signal(round % 2 == 0 ? SIGKILL : SIGINT);
        const Ran ran = process.wait();
        for (const Setting& setting : settings) {
            const bool changed =
                socket.option(setting.level, setting.number).value() == setting.changed;
            EXPECT_TRUE(!changed || ran.out.find(setting.name + ": ") != std::string::npos)
                << setting.name << " in round " << round;
        }
    }
}

TEST(SockoptOwner, ARefusedChangeIsNamedBesideThoseThatWereMade) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    const std::string pid = std::to_string(::getpid());
    const std::string fd = std::to_string(socket.native());
    const Ran ran =
        sockopt({"--pid", pid, "--fd", fd, "nodelay=on", "IPV6_V6ONLY=on", "keepalive=on"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.out, HasSubstr("TCP_NODELAY: off -> on\n"));
    EXPECT_THAT(ran.out, HasSubstr("IPV6_V6ONLY: refused\n"));
    EXPECT_EQ(socket.option(SOL_SOCKET, SO_KEEPALIVE).value(), 0);
    const Ran json = sockopt({"--json", "--pid", pid, "--fd", fd, "keepalive=on"});
    EXPECT_THAT(lines(json.out),
                testing::ElementsAre(AllOf(HasSubstr(R"("event":"setting")"),
                                           HasSubstr(R"("name":"SO_KEEPALIVE","before":false)")),
                                     HasSubstr(R"("before":false,"asked":true,"granted":true)")));
}

// Makes a system call fail in this process, for good.
bool forbid(long call, int error) {
    sock_filter program[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(call)},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{4, program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(SockoptOwner, WithoutPidfdGetfdTheRestGoesOn) {
    const auto sockets = many_sockets(1);
    const std::string pid = std::to_string(::getpid());
    const std::string fd = std::to_string(sockets[0].native());
    for (const int error : {ENOSYS, EPERM}) {
        const std::string told = apart([&]() -> std::string {
            if (!forbid(SYS_pidfd_getfd, error))
                return "skip";
            const Ran ran = sockopt({"--pid", pid, "--fd", fd});
            return std::to_string(ran.status) + ran.err + sockopt({"nodelay"}).out +
                   sockopt({"--fd", fd, "SO_TYPE"}).out;
        });
        if (told == "skip")
            GTEST_SKIP() << "no seccomp here";
        EXPECT_THAT(told, testing::StartsWith("3sockopt: process " + pid));
        EXPECT_THAT(told, HasSubstr(error == ENOSYS ? "need Linux 5.6 (pidfd_getfd)"
                                                    : "this takes ptrace access"));
        EXPECT_THAT(told, HasSubstr("TCP_NODELAY = off\nSO_TYPE = SOCK_DGRAM\n"));
    }
}

TEST(SockoptOwner, WhatNeedsAPrivilegeNamesIt) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to give it up";
    struct Case {
        Words words;
        const char* privilege;
    };
    for (const Case& c : std::vector<Case>{{{"SO_MARK=1"}, "CAP_NET_ADMIN or CAP_NET_RAW"},
                                           {{"SO_PRIORITY=7"}, "CAP_NET_ADMIN"},
                                           {{"SO_PRIORITY=-1"}, "CAP_NET_ADMIN"},
                                           {{"SO_RCVBUFFORCE=4096"}, "CAP_NET_ADMIN"},
                                           {{"--force", "SO_RCVBUF=4096"}, "CAP_NET_ADMIN"},
                                           {{"TCP_REPAIR=on"}, "CAP_NET_ADMIN"},
                                           {{"IP_TRANSPARENT=on"}, "CAP_NET_ADMIN or CAP_NET_RAW"},
                                           {{"SO_PREFER_BUSY_POLL=on"}, "CAP_NET_ADMIN"},
                                           {{"SO_DEBUG=on"}, "CAP_NET_ADMIN"}}) {
        const std::string told = apart([&]() -> std::string {
            if (::setuid(65534) != 0)
                return "skip";
            const Ran ran = sockopt(c.words);
            return std::to_string(ran.status) + ran.err;
        });
        EXPECT_THAT(told, AllOf(testing::StartsWith("3"),
                                HasSubstr(std::string("setting it needs ") + c.privilege)))
            << c.words.back();
    }
}

TEST(SockoptOwner, AShellLooksAtItself) {
    Process process({"/bin/sh", "-c", SOCKBOX_BIN_DIR "/sockopt --pid $$; echo $?"});
    const Ran ran = process.wait();
    EXPECT_EQ(ran.out, "3\n");
    EXPECT_THAT(ran.err, HasSubstr("no socket fits"));
}

TEST(SockoptOwner, AReaderWhoHasSeenEnoughIsNoFailure) {
    Process process({"/bin/sh", "-c",
                     SOCKBOX_BIN_DIR "/sockopt -a | head -n 1; " SOCKBOX_BIN_DIR
                                     "/sockopt >&-; echo $?"});
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, testing::StartsWith("SOL_SOCKET\n"));
    EXPECT_THAT(ran.out, testing::EndsWith("\n5\n"));
}

// Valid, with its unit, and of one type an option, whatever the socket.
TEST(SockoptOwner, JsonKeepsTheTypeOfEveryOption) {
    if (::access("/usr/bin/python3", X_OK) != 0)
        GTEST_SKIP() << "no python3";
    Process process({"/bin/sh", "-c",
                     "for t in '' -6 '--type udp' '--type unix' '--type unix-dgram' '--type "
                     "mptcp'; do " SOCKBOX_BIN_DIR
                     "/sockopt --json --all $t; done | /usr/bin/python3 -c '"
                     "import json, sys\n"
                     "types, names = {}, set()\n"
                     "for line in sys.stdin:\n"
                     "    for option in json.loads(line)[\"options\"]:\n"
                     "        name, value = option[\"name\"], option[\"value\"]\n"
                     "        assert \"unit\" in option and \"type\" in option, name\n"
                     "        assert value is not None or \"error\" in option, name\n"
                     "        names.add(name)\n"
                     "        kind = type(value)\n"
                     "        assert value is None or types.setdefault(name, kind) == kind, name\n"
                     "print(len(names))'"});
    const Ran ran = process.wait();
    EXPECT_EQ(ran.err, "");
    EXPECT_GE(std::atoi(ran.out.c_str()), 150);
}

}  // namespace
}  // namespace sockbox::test

// Tests that sockopt does not disturb the owner of a socket, and how it behaves without resources.
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

#include <algorithm>
#include <cstddef>

#include "inspect/process.h"
#include "net/streams.h"
#include "paths.h"
#include "system/host.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/child.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Both ends of a connection over loopback.
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

// A dump with more output than fits into a pipe that nobody reads.
class StuckDump {
  public:
    StuckDump(const std::string& selection, const std::string& value)
        : process_({"sockopt", selection, value}) {
        process_.read_line();  // it has started
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

// Runs `work` in a process of its own, which it may change as it likes; returns its result.
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
    // It never has more open than /proc, the process and one duplicate.
    Process process(
        {"/bin/sh", "-c", "ulimit -n 10; exec " SOCKBOX_SH_BIN "/sockopt --pid " + child.pid()});
    const Ran ran = process.wait();
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(count(ran.out, " SO_RCVBUF = "), 1000U);
    // In the order of the descriptors, separated by empty lines.
    std::vector<int> descriptors;
    for (const std::string& line : lines(ran.out))
        if (const auto at = line.find("] fd "); at != line.npos)
            descriptors.push_back(std::atoi(line.c_str() + at + 5));
    EXPECT_EQ(descriptors.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(descriptors.begin(), descriptors.end()));
    EXPECT_EQ(count(ran.out, "\n\n"), 999U);
    EXPECT_FALSE(ran.out.starts_with('\n'));
}

// Descriptors that do not match are not kept open either.
TEST(SockoptOwner, WhatDoesNotFitTakesNoDescriptor) {
    const auto sockets = many_sockets(100);
    const Child child;
    const Ran ran = Process({"/bin/sh", "-c",
                             "ulimit -n 12; exec " SOCKBOX_SH_BIN "/sockopt --type tcp --pid " +
                                 child.pid() + " SO_TYPE"})
                        .wait();
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, testing::EndsWith("sockopt: no socket matches\n"));
}

// More distinct values than are cached for an option: each line must show its own socket's.
TEST(SockoptOwner, AlternatingValuesArePrintedWithTheirSockets) {
    auto sockets = many_sockets(40);
    Words wanted;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        const int bytes = static_cast<int>(i % 7) + 1;
        ASSERT_TRUE(sockets[i].set_option(SOL_SOCKET, SO_RCVLOWAT, bytes));
        const std::string value = "SO_RCVLOWAT = " + std::to_string(bytes);
        wanted.push_back(bytes == 1 ? value : value + " (default 1)");
    }
    const Child child;
    const Ran ran = sockopt({"--pid", child.pid()});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    Words told;
    for (const std::string& line : lines(ran.out))
        if (const auto at = line.find("SO_RCVLOWAT = "); at != line.npos)
            told.push_back(line.substr(at));
    EXPECT_EQ(told, wanted);
}

// Thirty times what it takes on an idle machine; on a busy one, one of many tries has to succeed.
TEST(SockoptOwner, AThousandSocketsInASecond) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer takes its own time";
#endif
    const auto sockets = many_sockets(1000);
    const Child child;
    if (const Ran ran = sockopt({"--pid", child.pid(), "SO_TYPE"}); forbidden(ran))
        GTEST_SKIP() << ran.err;
    const auto end = net::deadline_in(std::chrono::seconds(30));
    auto best = net::Clock::duration::max();
    while (best >= std::chrono::seconds(1) && net::Clock::now() < end) {
        const auto begin = net::Clock::now();
        Process process({"sockopt", "--pid", child.pid()});
        EXPECT_EQ(process.wait().status, 0);
        best = std::min(best, net::Clock::now() - begin);
    }
    EXPECT_LT(best, std::chrono::seconds(1));
}

TEST(SockoptOwner, WithoutDescriptorsItReportsIt) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer wants descriptors of its own";
#endif
    const std::string pid = std::to_string(::getpid());
    const std::string told = apart([&] {
        // Three for standard streams, one for the process; /proc would need another.
        rlim_t limit = 0;
        for (int free = 0; free < 4; ++limit)
            free += ::fcntl(static_cast<int>(limit), F_GETFD) < 0 ? 1 : 0;
        const rlimit few{limit, limit};
        ::setrlimit(RLIMIT_NOFILE, &few);
        const Ran ran = sockopt({"--pid", pid});
        return std::to_string(ran.status) + ran.err;
    });
    EXPECT_THAT(told, AllOf(testing::StartsWith("3sockopt: "), HasSubstr("(EMFILE)")));
}

// Nor does it report that there is no such process, or that it may not look into it.
TEST(SockoptOwner, WithoutDescriptorsASearchReportsIt) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer wants descriptors of its own";
#endif
    for (const char* search : {"--process nosuch", "--listening", "--port 9"}) {
        const Ran ran =
            Process({"/bin/sh", "-c",
                     std::string("ulimit -n 4; exec " SOCKBOX_SH_BIN "/sockopt ") + search})
                .wait();
        EXPECT_EQ(ran.status, tools::exit_refused) << search;
        EXPECT_EQ(ran.out, "") << search;
        EXPECT_THAT(ran.err, testing::EndsWith(" (EMFILE)\n")) << search;
    }
}

TEST(SockoptOwner, AProcessThatEndsMeanwhileMakesTheListIncomplete) {
    const auto sockets = many_sockets(500);
    constexpr const char* name = "ends_meanwhile";
    for (const std::string selection : {"--pid", "--process"}) {
        const Child child([] { ::prctl(PR_SET_NAME, name); });
        const std::string value = selection == "--pid" ? child.pid() : name;
        const Ran whole = sockopt({selection, value, "SO_TYPE"});
        if (forbidden(whole))
            GTEST_SKIP() << whole.err;
        StuckDump dump(selection, value);
        child.kill();
        const Ran ran = dump.read_rest();
        EXPECT_EQ(ran.status, tools::exit_mismatch) << selection;
        EXPECT_THAT(ran.err, HasSubstr("the list is incomplete: the process has ended"));
        EXPECT_GT(count(ran.out, "] fd "), 1U);
        EXPECT_LT(count(ran.out, "] fd "), 500U);
    }
}

// While its output waits for a slow reader, it does not keep the sockets open.
TEST(SockoptOwner, ItsCloseSendsTheFinAtOnce) {
    auto sockets = many_sockets(500);
    std::vector<Pair> pairs(3);
    const Child child;
    if (const Ran ran = sockopt({"--pid", child.pid(), "SO_TYPE"}); forbidden(ran))
        GTEST_SKIP() << ran.err;
    StuckDump dump("--pid", child.pid());
    for (Pair& pair : pairs)
        pair.server.close();  // our copies; the child's are closed when it ends
    child.kill();
    for (const Pair& pair : pairs)
        EXPECT_TRUE(closed_by_peer(pair.client));
    dump.read_rest();
}

// Makes a system call fail in this process, permanently.
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
        EXPECT_THAT(told, HasSubstr(error == ENOSYS ? "requires Linux 5.6 (pidfd_getfd)"
                                                    : "this requires ptrace access"));
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
    for (const Case& c : std::vector<Case>{
             {{"SO_MARK=1"}, "CAP_NET_ADMIN or CAP_NET_RAW"},
             {{"SO_PRIORITY=7"}, "CAP_NET_ADMIN"},
             {{"SO_PRIORITY=-1"}, "CAP_NET_ADMIN"},
             {{"SO_RCVBUFFORCE=4096"}, "CAP_NET_ADMIN"},
             {{"--force", "SO_RCVBUF=4096"}, "CAP_NET_ADMIN"},
             {{"TCP_REPAIR=on"}, "CAP_NET_ADMIN"},
             {{"IP_TRANSPARENT=on"}, "CAP_NET_ADMIN or CAP_NET_RAW"},
             {{"SO_PREFER_BUSY_POLL=on"}, "CAP_NET_ADMIN"},
             {{"SO_DEBUG=on"}, "CAP_NET_ADMIN"},
             {{"SO_BINDTODEVICE=lo", "SO_BINDTODEVICE="}, "CAP_NET_RAW once the socket"}}) {
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

TEST(SockoptOwner, JsonDescribesASocketOfAnInaccessibleProcess) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to give it up";
    const Pair pair;
    const std::string port = std::to_string(pair.listener.local()->port());
    const std::string told = apart([&]() -> std::string {
        ::close(pair.listener.native());  // so that only the process that is inaccessible holds it
        if (::setuid(65534) != 0)
            return {};
        return sockopt({"--json", "--listening", "--port", port}).out +
               sockopt({"--json", "--listening", "--port", port, "nodelay"}).out;
    });
    const Words objects = lines(told);
    EXPECT_EQ(objects.size(), 2U) << told;
    for (const std::string& object : objects)
        EXPECT_THAT(object, AllOf(HasSubstr(R"({"pid":null,)"), HasSubstr(":" + port + "\""),
                                  HasSubstr(R"("error":{"symbol":"EPERM",)")));
}

TEST(SockoptOwner, AProcessOfTheSameUserHasToBeDumpable) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to give it up";
    const auto sockets = many_sockets(1);
    const std::string told = apart([&]() -> std::string {
        std::string text;
        if (::setuid(65534) != 0)
            return text;
        for (const int dumpable : {1, 0}) {
            const Child child([&] { ::prctl(PR_SET_DUMPABLE, dumpable); });
            const Ran ran = sockopt(
                {"--pid", child.pid(), "--fd", std::to_string(sockets[0].native()), "SO_TYPE"});
            text += ran.out + ran.err;
        }
        return text;
    });
    if (!told.starts_with("SO_TYPE"))
        GTEST_SKIP() << "not even of the same user: " << told;
    EXPECT_THAT(told, testing::StartsWith("SO_TYPE = SOCK_DGRAM\nsockopt: process "));
    EXPECT_THAT(told, AllOf(HasSubstr("(EPERM)"), HasSubstr("(PR_SET_DUMPABLE)")));
    EXPECT_THAT(told, testing::Not(HasSubstr("setcap")));
}

TEST(SockoptOwner, AKernelThreadHasNoDescriptors) {
    if (net::process_name(2) != "kthreadd")
        GTEST_SKIP() << "kernel threads are not seen from here";
    const Ran ran = sockopt({"--pid", "2", "--fd", "3"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, AnyOf(HasSubstr("is a kernel thread and has none"), HasSubstr("EPERM")));
    const Ran all = sockopt({"--pid", "2"});
    EXPECT_EQ(all.status, tools::exit_refused);
    EXPECT_THAT(all.err, AnyOf(HasSubstr("is a kernel thread and has no descriptors (EBADF)"),
                               HasSubstr("(EACCES)")));
}

// The parent may be examined or refused, but is never waited for.
TEST(SockoptOwner, TheParentIsAProcessLikeAnyOther) {
    const Ran ran = sockopt({"--pid", std::to_string(::getppid()), "SO_TYPE"});
    EXPECT_THAT(ran.status, testing::AnyOf(0, tools::exit_refused)) << ran.err;
}

TEST(SockoptOwner, AShellLooksAtItself) {
    Process process({"/bin/sh", "-c", SOCKBOX_SH_BIN "/sockopt --pid $$; echo $?"});
    const Ran ran = process.wait();
    EXPECT_EQ(ran.out, "3\n");
    EXPECT_THAT(ran.err, HasSubstr("no socket matches"));
}

TEST(SockoptOwner, AReaderThatStopsEarlyIsNoFailure) {
    Process process({"/bin/sh", "-c",
                     SOCKBOX_SH_BIN "/sockopt -a | head -n 1; " SOCKBOX_SH_BIN
                                    "/sockopt >&-; echo $?"});
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, testing::StartsWith("SOL_SOCKET\n"));
    EXPECT_THAT(ran.out, testing::EndsWith("\n5\n"));
}

// Valid JSON with units, and the same type for an option whatever the socket.
TEST(SockoptOwner, JsonKeepsTheTypeOfEveryOption) {
    if (::access("/usr/bin/python3", X_OK) != 0)
        GTEST_SKIP() << "no python3";
    Process process({"/bin/sh", "-c",
                     "for t in '' -6 '--type udp' '--type unix' '--type unix-dgram' '--type "
                     "mptcp'; do " SOCKBOX_SH_BIN
                     "/sockopt --json --all $t; done | /usr/bin/python3 -c '"
                     "import json, sys\n"
                     "types, names = {}, set()\n"
                     "for line in sys.stdin:\n"
                     "    for option in json.loads(line)[\"options\"]:\n"
                     "        name, value = option[\"name\"], option[\"value\"]\n"
                     "        assert \"unit\" in option and \"type\" in option, name\n"
                     "        unlimited = name == \"SO_MAX_PACING_RATE\"\n"
                     "        read = not {\"error\", \"unread\"} & set(option)\n"
                     "        assert value is not None or unlimited or not read, name\n"
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

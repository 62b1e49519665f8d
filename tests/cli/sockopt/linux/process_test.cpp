// Tests of sockopt on sockets of other processes: found, read and set without leaving a trace.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "net/streams.h"
#include "paths.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/child.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text(int number) {
    return std::to_string(number);
}

net::Socket listener() {
    return net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
}

std::string port_of(const net::Socket& socket) {
    return text(socket.local().value().port());
}

std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(SockoptProcess, ReadsAndSetsASocketOfAnotherProcess) {
    const net::Socket socket = listener();
    const Child child;
    const std::string fd = text(socket.native());
    const Ran before = sockopt({"--pid", child.pid(), "--fd", fd, "nodelay"});
    if (forbidden(before))
        GTEST_SKIP() << before.err;
    EXPECT_EQ(before.out, "TCP_NODELAY = off\n");
    const Ran set = sockopt({"--pid", child.pid(), "--fd", fd, "nodelay=on"});
    EXPECT_EQ(set.out, "TCP_NODELAY: off -> on\n");
    EXPECT_THAT(set.err, testing::EndsWith("already accepted keep their values\n"));
    EXPECT_EQ(socket.option(IPPROTO_TCP, TCP_NODELAY).value(), 1);
}

TEST(SockoptProcess, AListenersCompanionsAreCounted) {
    auto first = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    auto second = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(first.set_option(SOL_SOCKET, SO_REUSEPORT, 1));
    ASSERT_TRUE(second.set_option(SOL_SOCKET, SO_REUSEPORT, 1));
    ASSERT_TRUE(first.bind(net::Endpoint::loopback(net::Family::ipv4)) && first.listen(8));
    const net::Socket client = net::connect_to(first.local().value()).value();
    const net::Accepted accepted = net::accept(first, true);
    ASSERT_TRUE(second.bind(first.local().value()) && second.listen(8));
    const Ran ran =
        sockopt({"--pid", text(::getpid()), "--fd", text(first.native()), "SO_KEEPALIVE=on"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("(1 on its port now)"), HasSubstr("1 more listen on")));
    EXPECT_EQ(accepted.socket.option(SOL_SOCKET, SO_KEEPALIVE).value(), 0);
    EXPECT_EQ(second.option(SOL_SOCKET, SO_KEEPALIVE).value(), 0);
}

TEST(SockoptProcess, AListenerWithoutAPortHasNoneToCount) {
    auto socket = net::Socket::open(AF_UNIX, SOCK_STREAM, 0).value();
    const sockaddr nameless{AF_UNIX, {}};  // the kernel chooses an abstract name
    ASSERT_EQ(::bind(socket.native(), &nameless, sizeof nameless.sa_family), 0);
    ASSERT_TRUE(socket.listen(8));
    const Ran ran =
        sockopt({"--pid", text(::getpid()), "--fd", text(socket.native()), "SO_KEEPALIVE=on"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.err, testing::EndsWith("already accepted keep their values\n"));
}

TEST(SockoptProcess, EverySocketHasItsHeading) {
    const net::Socket socket = listener();
    const Child child;
    const Ran ran = sockopt({"--pid", child.pid(), "--port", port_of(socket), "nodelay"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("[" + child.pid() + "] fd " + text(socket.native()) +
                                         " tcp LISTEN 127.0.0.1:" + port_of(socket) + "\n"),
                               HasSubstr("\n  TCP_NODELAY = off\n")));
}

TEST(SockoptProcess, PortAndListeningFindTheHolder) {
    const net::Socket socket = listener();
    const Child child;
    const Ran ran = sockopt({"--json", "--listening", "--port", port_of(socket), "nodelay"});
    if (ran.out.empty())
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\"pid\":" + child.pid()));
    EXPECT_THAT(ran.out, HasSubstr(R"("state":"LISTEN","local":"127.0.0.1:)" + port_of(socket)));
    EXPECT_THAT(ran.out, Not(HasSubstr("null,\"error\"")));
}

TEST(SockoptProcess, NoMatchIsAFailure) {
    const Ran ran = sockopt({"--process", "no such name"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.err, "sockopt: no process has the name 'no such name'\n");
    const net::Socket socket = listener();
    const Ran other = sockopt({"--pid", text(::getpid()), "--port", port_of(socket), "-6"});
    EXPECT_EQ(other.status, tools::exit_refused);
    EXPECT_THAT(other.err, HasSubstr("sockopt: no socket matches\n"));
}

TEST(SockoptProcess, FamilyAndTypeNarrowASearchDown) {
    const net::Socket stream = listener();
    const auto both = net::Socket::open(net::Family::ipv6, net::Transport::udp).value();
    const std::string own = "[" + text(::getpid()) + "] fd ";
    const std::string tcp = own + text(stream.native()) + " tcp";
    const std::string udp = own + text(both.native()) + " udp";
    const auto found = [](const Words& words) {
        Words all{"--pid", text(::getpid()), "SO_TYPE"};
        all.insert(all.begin(), words.begin(), words.end());
        return sockopt(all).out;
    };
    EXPECT_THAT(found({"-4"}), AllOf(HasSubstr(tcp), Not(HasSubstr(udp))));
    EXPECT_THAT(found({"-6"}), AllOf(HasSubstr(udp), Not(HasSubstr(tcp))));
    EXPECT_THAT(found({"--type", "udp"}), AllOf(HasSubstr(udp), Not(HasSubstr(tcp))));
    EXPECT_THAT(found({"--type", "tcp"}), AllOf(HasSubstr(tcp), Not(HasSubstr(udp))));
    EXPECT_THAT(found({}), AllOf(HasSubstr(tcp), HasSubstr(udp)));
}

// Without /proc the message names that cause instead of a missing process.
TEST(SockoptProcess, WithoutProcItReportsIt) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizers themselves need /proc";
#endif
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root has a mount namespace of its own";
    for (const char* which : {"--pid 1", "--process init"}) {
        const Ran ran =
            Process({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                     std::string("mount -t tmpfs none /proc || exit 77; exec " SOCKBOX_SH_BIN
                                 "/sockopt ") +
                         which})
                .wait();
        if (ran.status == 77 || ran.err.starts_with("unshare:"))
            GTEST_SKIP() << ran.err;
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_THAT(ran.err, HasSubstr("not mounted"));
    }
}

// Our duplicates are closed when the command ends, so the owner's close sends its FIN at once.
TEST(SockoptProcess, LeavesNoDescriptorBehind) {
    const net::Socket socket = listener();
    auto client = net::connect_to(socket.local().value()).value();
    auto accepted = net::accept(socket, true);
    const auto before = open_descriptors();
    const Ran ran = sockopt({"--pid", text(::getpid())});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(open_descriptors(), before);
    client.close();
    std::array<std::byte, 1> byte{};
    EXPECT_TRUE(accepted.socket.receive(byte).end());
}

TEST(SockoptProcess, APendingErrorStaysWithItsOwner) {
    auto probe = listener();
    const auto closed = probe.local().value();
    probe.close();
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(socket.set_blocking(false));
    if (!socket.connect(closed).would_block())
        GTEST_SKIP() << "the refusal came before it could be pending";
    EXPECT_EQ(sockopt({"-a", "--pid", text(::getpid()), "--fd", text(socket.native())}).status, 0);
    EXPECT_EQ(socket.take_error(), std::errc::connection_refused);
}

TEST(SockoptProcess, AnythingButALivingProcessIsNamed) {
    const pid_t dead = ::fork();
    if (dead == 0)
        ::_exit(0);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(dead), &ended, WEXITED | WNOWAIT), 0);
    for (const Words& args :
         {Words{"--pid", text(dead)}, Words{"--pid", text(dead), "--fd", "3"}}) {
        const Ran zombie = sockopt(args);
        EXPECT_EQ(zombie.status, tools::exit_refused);
        EXPECT_THAT(zombie.err, HasSubstr("zombie"));
        // As a user, to whom the kernel refuses it with another error than to root.
        Words as_user{"/usr/bin/setpriv", "--reuid=65534", "--clear-groups",
                      SOCKBOX_BIN_DIR "/sockopt"};
        as_user.insert(as_user.end(), args.begin(), args.end());
        const Ran seen = Process(as_user).wait();
        if (seen.status == tools::exit_refused) {  // not if that user may not run it
            EXPECT_THAT(seen.err, HasSubstr("zombie"));
        }
    }
    ::waitpid(dead, nullptr, 0);
    EXPECT_THAT(sockopt({"--pid", text(dead)}).err, HasSubstr("no such process"));
    EXPECT_EQ(sockopt({"--pid", "2147483647"}).status, tools::exit_refused);
}

// The process is reaped between opening and reading its state in /proc.
TEST(SockoptProcess, AnUnreadableStateIsNotTheEnd) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "strace and a sanitizer do not go together";
#endif
    const net::Socket socket = listener();
    const Child child;
    const Ran ran = Process({"/usr/bin/strace", "-qq", "-o", "/dev/null", "-P",
                             "/proc/" + child.pid() + "/stat", "-e", "inject=read:error=ESRCH",
                             SOCKBOX_BIN_DIR "/sockopt", "--pid", child.pid(), "SO_TYPE"})
                        .wait();
    if (ran.status == 127 || ran.err.find("strace: ") != std::string::npos || forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(SockoptProcess, AThreadNamesItsProcess) {
    std::string err;
    std::thread([&] {
        const auto id = static_cast<int>(::syscall(SYS_gettid));
        err = sockopt({"--pid", text(id), "--fd", "0"}).err;
    }).join();
    EXPECT_THAT(err, HasSubstr("is a thread of process " + text(::getpid())));
}

TEST(SockoptProcess, DescriptorsThatAreNoSockets) {
    const Child child;
    const Ran closed = sockopt({"--pid", child.pid(), "--fd", "1000000000"});
    if (forbidden(closed))
        GTEST_SKIP() << closed.err;
    EXPECT_EQ(closed.status, tools::exit_refused);
    EXPECT_THAT(closed.err, HasSubstr("descriptor 1000000000: not open in process " + child.pid()));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const net::Socket read_end(ends[0]);
    const net::Socket write_end(ends[1]);
    const net::Socket file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const net::Socket polled(::epoll_create1(EPOLL_CLOEXEC));
    const auto said = [](const net::Socket& descriptor) {
        return sockopt({"--pid", text(::getpid()), "--fd", text(descriptor.native())}).err;
    };
    EXPECT_THAT(said(read_end), HasSubstr("not a socket (pipe:["));
    EXPECT_THAT(said(file), HasSubstr("not a socket (/dev/null) (ENOTSOCK)"));
    EXPECT_THAT(said(polled), HasSubstr("not a socket (anon_inode:[eventpoll])"));
}

TEST(SockoptProcess, AnotherUsersProcessNeedsPtraceAccess) {
    if (::geteuid() != 0 || ::access("/usr/bin/setpriv", X_OK) != 0)
        GTEST_SKIP() << "needs root and setpriv";
    Process process({"/usr/bin/setpriv", "--reuid", "65534", "--clear-groups",
                     SOCKBOX_BIN_DIR "/sockopt", "--pid", text(::getpid())});
    const Ran ran = process.wait();
    if (ran.err.find("setpriv") != std::string::npos)
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("hint: "), HasSubstr("ptrace access")));
}

TEST(SockoptProcess, AnotherNetworkNamespaceIsMarked) {
    bool apart = false;
    int told[2];
    ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
    const Child child([&] {
        const char done = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
        [[maybe_unused]] const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        constexpr int loopback = 1;  // has this number in every namespace
        ::setsockopt(socket, SOL_SOCKET, 62, &loopback, sizeof loopback);  // SO_BINDTOIFINDEX
        [[maybe_unused]] const auto put = ::write(told[1], &done, 1);
    });
    char answer = 0;
    ASSERT_EQ(::read(told[0], &answer, 1), 1);
    apart = answer == 'y';
    ::close(told[0]);
    ::close(told[1]);
    if (!apart)
        GTEST_SKIP() << "no right to make a network namespace";
    const Ran ran = sockopt({"--pid", child.pid(), "SO_TYPE", "SO_BINDTOIFINDEX"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("(in another network namespace)"));
    EXPECT_THAT(ran.out, HasSubstr("SO_BINDTOIFINDEX = 1 (an interface of its own network"));
    // The number that the name has here would be another interface there.
    EXPECT_THAT(sockopt({"--pid", child.pid(), "IP_UNICAST_IF=lo"}).err,
                HasSubstr("in another network namespace, where interfaces have other numbers"));
}

TEST(SockoptProcess, ConnectShowsTheConnection) {
    const net::Socket socket = listener();
    const Ran ran =
        sockopt({"--connect", "127.0.0.1:" + port_of(socket), "nodelay=on", "TCP_INFO"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, StartsWith("TCP_NODELAY: off -> on\nTCP_INFO = state ESTABLISHED, "));
    auto gone = listener();
    const std::string port = port_of(gone);
    gone.close();
    const Ran refused = sockopt({"--connect", "127.0.0.1:" + port});
    EXPECT_EQ(refused.status, tools::exit_refused);
    EXPECT_THAT(refused.err, HasSubstr("connect 127.0.0.1:" + port + ": "));
    EXPECT_THAT(sockopt({"-j", "--connect", "127.0.0.1:" + port}).out,
                HasSubstr(R"("message":"Connection refused"},"address":"127.0.0.1:)" + port + '"'));
    EXPECT_THAT(sockopt({"-j", "--connect", "nosuch.invalid:1"}).out,
                HasSubstr(R"("connect":"nosuch.invalid:1"})"));
}

TEST(SockoptProcess, ListenIsInThatState) {
    EXPECT_EQ(sockopt({"-n", "--listen", "127.0.0.1:0", "SO_ACCEPTCONN"}).out, "on\n");
    const net::Socket socket = listener();
    const Ran taken = sockopt({"--listen", "127.0.0.1:" + port_of(socket)});
    EXPECT_EQ(taken.status, tools::exit_refused);
    EXPECT_THAT(taken.err, HasSubstr("Address already in use (EADDRINUSE)"));
}

TEST(SockoptProcess, ACommandGetsTheSocketAsSystemdWouldPassIt) {
    Process process({"sockopt", "--listen", "127.0.0.1:0", "SO_KEEPALIVE=on", "--", "/bin/sh", "-c",
                     "test $LISTEN_PID = $$ && echo $LISTEN_FDS && exec \"$0\" -n --fd 3 "
                     "SO_KEEPALIVE SO_ACCEPTCONN",
                     SOCKBOX_BIN_DIR "/sockopt"});
    EXPECT_EQ(process.wait().out, "1\non\non\n");
    const Ran passed = Process({"/bin/sh", "-c",
                                "LISTEN_FDNAMES=a:b LISTEN_PIDFDID=7 " SOCKBOX_SH_BIN
                                "/sockopt --listen 127.0.0.1:0 -- env | grep -c '^LISTEN_'"})
                           .wait();
    EXPECT_EQ(passed.out, "2\n") << "LISTEN_FDS and LISTEN_PID";
    Process missing({"sockopt", "--", "/no/such/command"});
    const Ran ran = missing.wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("run /no/such/command: "));
}

TEST(SockoptProcess, DiffShowsWhatWasSet) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    const std::string fd = text(socket.native());
    EXPECT_EQ(lines(sockopt({"--diff", "--fd", fd}).out).size(), 1U);  // the heading
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    EXPECT_EQ(sockopt({"--diff", "--fd", fd}).out,
              "fd " + fd +
                  " tcp CLOSE 0.0.0.0:0\n  SOL_SOCKET\n"
                  "*              SO_KEEPALIVE = on (default off)\n");
}

TEST(SockoptProcess, DiffFiltersTheOptionsAskedFor) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    const Ran ran =
        sockopt({"--diff", "--fd", text(socket.native()), "keepalive", "nodelay", "6:18"});
    EXPECT_EQ(ran.out, "SO_KEEPALIVE = on\n");
    EXPECT_EQ(ran.status, tools::exit_ok);
}

TEST(SockoptProcess, AProcessGoesOnWithoutItsFirstThread) {
    if (::access("/usr/bin/python3", X_OK) != 0)
        GTEST_SKIP() << "no python3 here";
    Process process({"/usr/bin/python3", "-c",
                     "import ctypes, os, socket, threading, time\n"
                     "held = socket.socket()\n"
                     "threading.Thread(target=time.sleep, args=(600,)).start()\n"
                     "print(held.fileno(), flush=True)\n"
                     "ctypes.CDLL(None).pthread_exit(None)\n"});
    const std::string fd = process.read_line();
    const std::string pid = text(process.pid());
    const auto ended = [&] {
        std::ifstream status("/proc/" + pid + "/status");
        return std::string(std::istreambuf_iterator<char>(status), {}).find("zombie") !=
               std::string::npos;
    };
    for (const auto limit = net::deadline_in(patience); !ended() && net::Clock::now() < limit;)
        std::this_thread::yield();
    ASSERT_TRUE(ended());
    const Ran ran = sockopt({"--pid", pid, "--fd", fd, "nodelay=on"});
    const Ran all = sockopt({"--pid", pid, "SO_TYPE"});
    process.send_signal(SIGKILL);
    if (forbidden(ran) || ran.err.find("requires Linux 6.9") != std::string::npos)
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.out, "TCP_NODELAY: off -> on\n") << ran.err;
    EXPECT_THAT(all.out, HasSubstr("fd " + fd + " tcp"));
}

TEST(SockoptProcess, ARefusedSetEndsTheWork) {
    const net::Socket first = listener();
    const net::Socket second = listener();
    const Child child;
    const Ran ran =
        sockopt({"--pid", child.pid(), "--type", "tcp", "TCP_CONGESTION=nosuch", "TCP_NODELAY=on"});
    if (forbidden(ran))
        GTEST_SKIP() << ran.err;
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(first.option(IPPROTO_TCP, TCP_NODELAY).value(), 0);
    EXPECT_EQ(second.option(IPPROTO_TCP, TCP_NODELAY).value(), 0);
    EXPECT_THAT(ran.err, HasSubstr("the sockets after it are left unchanged\n"));
    const auto refused = [&] {
        std::size_t found = 0;
        for (const std::string& line : lines(ran.out))
            found += line.find("TCP_CONGESTION: ") != line.npos ? 1 : 0;
        return found;
    };
    EXPECT_EQ(refused(), 1U) << ran.out;
}

// In a network where the only port that a client can have is the one it connects to.
TEST(SockoptProcess, AConnectionToItselfIsRefused) {
    const Ran ran = Process({"/bin/sh", "-c",
                             "unshare -n sh -c 'ip link set lo up &&"
                             " echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range || exit 77;"
                             " exec \"$0\" --connect 127.0.0.1:40000 nodelay' \"$0\" || exit $?",
                             SOCKBOX_BIN_DIR "/sockopt"})
                        .wait();
    if (ran.err.find("sockopt: ") == std::string::npos)
        GTEST_SKIP() << "no network namespace of its own here: " << ran.err;
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.err, HasSubstr("connect 127.0.0.1:40000: the socket connected to itself"));
    EXPECT_EQ(ran.out, "");
}

TEST(SockoptProcess, EveryAddressOfANameIsTried) {
    const net::Socket server = listener();
    const Ran ran = sockopt({"--connect", "localhost:" + port_of(server), "SO_DOMAIN"});
    if (ran.status == tools::exit_unresolved)
        GTEST_SKIP() << "no localhost here";
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "SO_DOMAIN = AF_INET\n");
}

TEST(SockoptProcess, PartsThatDoNotGoTogetherAreAMistake) {
    for (const Words& args : std::vector<Words>{{"--pid", "0"},
                                                {"--pid", "-1"},
                                                {"--pid", "2147483648"},
                                                {"--pid", "4294967297"},
                                                {"--pid", "1", "--fd", "3", "--port", "80"},
                                                {"--fd", "3", "--listening"},
                                                {"--listen", "0", "--connect", "127.0.0.1:80"},
                                                {"--listen", "0", "--fd", "3"},
                                                {"--listen", "0", "--type", "unix"},
                                                {"--listen", "127.0.0.1:99999"},
                                                {"--listen", "[::1]:0", "-4"},
                                                {"--listen", ""},
                                                {"--connect", ""},
                                                {"--process", ""},
                                                {"--port", ""},
                                                {"--port", "80x"},
                                                {"--connect", "127.0.0.1"},
                                                {"--connect", "127.0.0.1:0"},
                                                {"--pid", "1", "--", "true"},
                                                {"nodelay", "--"}}) {
        const Ran ran = sockopt(args);
        EXPECT_EQ(ran.status, tools::exit_usage) << testing::PrintToString(args) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
    EXPECT_THAT(sockopt({"--port", "80x"}).err, StartsWith("sockopt: --port: '80x' is neither"));
}

TEST(SockoptProcess, JsonReportsThatNothingMatches) {
    EXPECT_THAT(sockopt({"--json", "--process", "no such name"}).out,
                AllOf(HasSubstr(R"("fd":null,"process":"no such name"},"error":{"symbol":"ESRCH")"),
                      HasSubstr(R"("message":"no process has the name 'no such name'"}})")));
    const std::string pid = text(::getpid());
    const net::Socket socket = listener();
    const std::string port = port_of(socket);
    const Ran none = sockopt({"--json", "--pid", pid, "--port", port, "-6"});
    EXPECT_THAT(none.out,
                AllOf(HasSubstr("\"port\":" + port + "},\"error\":{\"symbol\":\"ENOENT\""),
                      HasSubstr(R"("message":"no socket matches"}})")));
    EXPECT_EQ(none.status, tools::exit_refused);
    const Ran other = sockopt({"--json", "--pid", pid, "--port", port, "UDP_CORK"});
    if (forbidden(other))
        GTEST_SKIP() << other.err;
    EXPECT_THAT(other.out, HasSubstr(R"("error":{"symbol":"ENOPROTOOPT")"));
    EXPECT_EQ(lines(other.out).size(), 1U);
}

TEST(SockoptProcess, JsonDescribesAnUnavailableSocket) {
    EXPECT_THAT(without_origin(sockopt({"--json", "--pid", "2147483647"}).out),
                StartsWith(R"({"tool":"sockopt","event":"result","socket":{"pid":2147483647,"fd")"
                           R"(:null},"error":{"symbol":"ESRCH",)"));
    EXPECT_THAT(without_origin(sockopt({"--json", "--fd", "1000000000"}).out),
                HasSubstr(R"("error":{"symbol":"EBADF","code":9,"message":"Bad file descriptor",)"
                          R"("detail":"not open"}})"));
}

TEST(SockoptProcess, TheDefaultOfAFinTimeoutIsGranted) {
    const Ran ran = sockopt({"--strict", "TCP_LINGER2=0"});
    EXPECT_EQ(ran.status, tools::exit_ok);
    EXPECT_THAT(ran.out, HasSubstr("0 selects net.ipv4.tcp_fin_timeout"));
    EXPECT_THAT(sockopt({"TCP_DELACK_MAX_US=300000"}).err, HasSubstr("expected 1 to 200000"));
}

}  // namespace
}  // namespace sockbox::test

// Tests of the sandbox from inside: a child process enters it and tries what is denied.
#include "serve/confine/sandbox.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "serve/confine/end_task.h"
#include "serve/confine/linux/sandbox.h"
#include "serve/confine/privileges.h"
#include "serve/engines/engines.h"
#include "tests/support.h"

namespace sockbox::serve {
namespace {

// Exit statuses of a child, in addition to the errno of its attempt.
constexpr int not_refused = 0;
constexpr int not_entered = 255;

// The errno of a child's attempt, a call that returns -1 on failure, after `enter`.
template <class Enter, class Attempt>
int error_behind(const Enter& enter, const Attempt& attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!drop_privileges(nullptr) || !enter())
            ::_exit(not_entered);
        ::_exit(attempt() < 0 ? errno : not_refused);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Seccomp : public testing::TestWithParam<std::string_view> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer needs system calls of its own";
#endif
    }
    template <class Attempt>
    static int error_of(const Attempt& attempt) {
        return error_behind([] { return enter_seccomp(GetParam()); }, attempt);
    }
};

TEST_P(Seccomp, RefusesWhatNoServerNeeds) {
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this system has no seccomp filters";
    EXPECT_EQ(error_of([] { return ::open("/etc/passwd", O_RDONLY); }), EPERM);
    EXPECT_EQ(error_of([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), EPERM);
    EXPECT_EQ(error_of([] { return ::kill(1, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::setuid(0); }), EPERM);
    EXPECT_EQ(error_of([] {
                  char* none[] = {nullptr};
                  return ::execve("/bin/true", none, none);
              }),
              EPERM);
    EXPECT_EQ(error_of([] {
                  const void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  return page == MAP_FAILED ? -1 : 0;
              }),
              EPERM);
}

TEST_P(Seccomp, RefusesCallsWithEffectsElsewhere) {
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this system has no seccomp filters";
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const int own = ends[0];
    const auto send = [own](int flags) {
        char byte = 0;
        return ::send(own, &byte, 1, flags);
    };
    EXPECT_EQ(error_of([&] { return send(MSG_NOSIGNAL | MSG_DONTWAIT); }), not_refused);
    EXPECT_EQ(error_of([&] { return send(MSG_FASTOPEN); }), EPERM);
    EXPECT_EQ(error_of([&] {
                  msghdr header{};
                  return ::sendmsg(own, &header, MSG_FASTOPEN);
              }),
              EPERM);
    EXPECT_EQ(error_of([&] {
                  mmsghdr header{};
                  return ::sendmmsg(own, &header, 1, MSG_FASTOPEN);
              }),
              EPERM);
    EXPECT_EQ(error_of([&] { return ::shutdown(own, SHUT_WR); }), not_refused);
    EXPECT_EQ(error_of([&] { return ::shutdown(own, SHUT_RDWR); }), EPERM);
    EXPECT_EQ(error_of([&] { return ::fcntl(own, F_GETFL); }), not_refused);
    EXPECT_EQ(error_of([&] { return ::fcntl(own, F_SETOWN, 1); }), EPERM);
    EXPECT_EQ(error_of([&] { return ::fcntl(own, F_SETSIG, SIGKILL); }), EPERM);
    int answer = 0;
    for (const unsigned long request : {SIOCINQ, SIOCOUTQ})
        EXPECT_EQ(error_of([&] { return ::ioctl(own, request, &answer); }), not_refused);
    EXPECT_EQ(error_of([&] { return ::ioctl(own, FIOASYNC, &answer); }), EPERM);
    struct stat unused {};
    EXPECT_EQ(error_of([&] { return ::stat("/etc/passwd", &unused); }), EPERM);
    EXPECT_EQ(error_of([] { return ::unlink("/nonexistent"); }), EPERM);
    EXPECT_EQ(error_of([] { return ::rmdir("/nonexistent"); }), EPERM);
    EXPECT_EQ(error_of([] { return ::truncate("/nonexistent", 0); }), EPERM);
    EXPECT_EQ(error_of([&] { return ::tee(own, own, 1, 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::timerfd_create(CLOCK_MONOTONIC, 0); }), EPERM);
    EXPECT_EQ(error_of([] {
                  struct statx result {};
                  return ::statx(AT_FDCWD, "/", 0, 0, &result);
              }),
              EPERM);
    for (const int end : ends)
        ::close(end);
}

// A thread with a filter of its own, to which this one cannot be applied.
TEST_P(Seccomp, ThatIsNotForAllThreadsIsAnError) {
    const auto enter = [] {
        std::promise<void> filtered;
        std::thread([&filtered] {
            sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            const sock_fprog program{1, &allow};
            ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
            filtered.set_value();
            ::pause();
        }).detach();
        filtered.get_future().get();
        return enter_seccomp(GetParam());
    };
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this system has no seccomp filters";
    EXPECT_EQ(error_behind(enter, [] { return 0; }), not_entered);
}

TEST_P(Seccomp, OnlyTheEngineThatForksMayFork) {
    const auto fork_briefly = [] {
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(0);
        return child;
    };
    const int error = error_of(fork_briefly);
    if (error == not_entered)
        GTEST_SKIP() << "this system has no seccomp filters";
    EXPECT_EQ(error, GetParam() == "fork" ? not_refused : EPERM);
    EXPECT_EQ(error_of([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }), EPERM);
    const int enter =
        error_of([] { return ::syscall(SYS_io_uring_enter, -1, 0, 0, 0, nullptr, 0); });
    EXPECT_EQ(enter == EPERM, GetParam() != "io_uring");
}

std::vector<std::string_view> names() {
    std::vector<std::string_view> found;
    for (const Engine& engine : engines())
        found.push_back(engine.name);
    found.push_back(datagrams_alone);
    return found;
}

INSTANTIATE_TEST_SUITE_P(Sandbox, Seccomp, testing::ValuesIn(names()),
                         [](const auto& row) { return std::string(row.param); });

TEST(Landlock, ClosesFilesAndPorts) {
    const test::TemporaryFile file("1\n");
    const auto error_of = [&](const auto& attempt) {
        return error_behind([&] { return enter_landlock(); }, attempt);
    };
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_EQ(error_of([] { return ::open("/etc/passwd", O_RDONLY); }), EACCES);
    EXPECT_EQ(error_of([&] { return ::open(file.path().c_str(), O_WRONLY); }), EACCES);
    EXPECT_EQ(error_of([&] { return ::unlink(file.path().c_str()); }), EACCES);
}

class OfAClient : public testing::Test {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer needs system calls of its own";
#endif
    }
    template <class Attempt>
    static int error_of(const Attempt& attempt) {
        return error_behind(
            [] {
                SandboxReport report;
                confine_client({}, report);
                return report.left_out.empty();
            },
            attempt);
    }
};

TEST_F(OfAClient, NothingThatALookupNeedsIsRefused) {
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this system has not all of it";
    EXPECT_EQ(error_of([] { return ::open("/etc/passwd", O_RDONLY); }), not_refused);
    EXPECT_EQ(error_of([] { return ::open("/dev/null", O_RDWR); }), not_refused);
    EXPECT_EQ(error_of([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), not_refused);
    EXPECT_EQ(error_of([] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }), not_refused);
    EXPECT_EQ(error_of([] {  // a module of the C library is loaded by its name
                  return ::dlopen("libnss_hesiod.so.2", RTLD_NOW) != nullptr ||
                                 ::dlopen("libthread_db.so.1", RTLD_NOW) != nullptr
                             ? 0
                             : -1;
              }),
              not_refused);
    EXPECT_EQ(error_of([] {
                  addrinfo* found = nullptr;
                  return ::getaddrinfo("localhost", "80", nullptr, &found) == 0 ? 0 : -1;
              }),
              not_refused);
    EXPECT_EQ(error_of([] {  // as a module may wait for a child
                  const pid_t child = ::fork();
                  if (child == 0)
                      ::_exit(0);
                  return ::waitpid(child, nullptr, 0);
              }),
              not_refused);
    const test::TemporaryFile path;  // a service at a path, such as nscd
    std::filesystem::remove(path.path());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.path().copy(address.sun_path, sizeof address.sun_path - 1);
    const int service = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto* where = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    ASSERT_EQ(::bind(service, where, sizeof address), 0);
    ASSERT_EQ(::listen(service, 1), 0);
    EXPECT_EQ(error_of([&] {
                  return ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), where, sizeof address);
              }),
              not_refused);
    ::close(service);
}

TEST_F(OfAClient, WhatNoClientNeedsIsRefused) {
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this system has not all of it";
    const test::TemporaryFile file("1\n");
    EXPECT_EQ(error_of([&] { return ::open(file.path().c_str(), O_WRONLY); }), EACCES);
    EXPECT_EQ(
        error_of([&] { return ::open((file.path() + ".new").c_str(), O_CREAT | O_RDWR, 0600); }),
        EACCES);
    EXPECT_EQ(error_of([&] { return ::unlink(file.path().c_str()); }), EACCES);
    EXPECT_EQ(error_of([&] { return ::truncate(file.path().c_str(), 0); }), EACCES);
    EXPECT_EQ(error_of([] {
                  char* none[] = {nullptr};
                  return ::execve("/bin/true", none, none);
              }),
              EPERM);
    EXPECT_EQ(error_of([] { return ::listen(::socket(AF_INET, SOCK_STREAM, 0), 1); }), EPERM);
    EXPECT_EQ(error_of([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), EPERM);
    EXPECT_EQ(error_of([] { return ::kill(::getppid(), 0); }), EPERM);
    EXPECT_EQ(error_of([] { return ::unshare(CLONE_NEWUSER); }), EPERM);
    EXPECT_EQ(error_of([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }), EPERM);
}

TEST_F(OfAClient, ItsReportsCanBeReplaced) {
    const test::TemporaryFile file("1\n");
    const std::string beside = file.path() + ".beside";
    const int error = error_behind(
        [&] {
            SandboxReport report;
            confine_client({file.path()}, report);
            return report.left_out.empty();
        },
        [&] {
            const int made = ::open(beside.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
            return made < 0 ? made : ::rename(beside.c_str(), file.path().c_str());
        });
    if (error == not_entered)
        GTEST_SKIP() << "this system has not all of it";
    EXPECT_EQ(error, not_refused);
    EXPECT_EQ(file.content(), "");
    EXPECT_FALSE(std::filesystem::exists(beside));
}

TEST(EndTask, ActsWhenItIsToldToAndWhenTheProcessEnds) {
    const test::TemporaryFile file("1\n");
    const auto remove = [&file]() -> std::string {
        return std::filesystem::remove(file.path()) ? "removed" : "not there";
    };
    auto task = EndTask::start(remove);
    ASSERT_TRUE(task);
    EXPECT_TRUE(std::filesystem::exists(file.path()));
    EXPECT_EQ(task->finish(), "removed");
    EXPECT_FALSE(std::filesystem::exists(file.path()));
    EXPECT_EQ(task->finish(), "");
    const test::TemporaryFile other("1\n");
    const pid_t child = ::fork();
    if (child == 0) {
        const auto doomed = EndTask::start([&other]() -> std::string {
            return std::filesystem::remove(other.path()) ? "" : "not there";
        });
        ::raise(SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    const auto deadline = net::deadline_in(test::patience);
    while (std::filesystem::exists(other.path()) && net::Clock::now() < deadline)
        ::usleep(1000);
    EXPECT_FALSE(std::filesystem::exists(other.path()));
}

TEST(Privileges, AnUnknownUserIsAMistake) {
    const auto found = find_user("no-such-user-here");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, std::errc::invalid_argument);
    EXPECT_THAT(found.error().message(), testing::HasSubstr("no-such-user-here"));
    EXPECT_EQ(find_user("root")->id, 0U);
}

TEST(Privileges, OnlyWhatIsNeededLaterIsKept) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root has capabilities";
    const auto error_of = [](const LaterNeeds& needs, const auto& attempt) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (!drop_privileges_but(needs))
                ::_exit(not_entered);
            ::_exit(attempt() < 0 ? errno : not_refused);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    };
    const auto mark = [] {
        const int value = 1;
        return ::setsockopt(::socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_MARK, &value,
                            sizeof value);
    };
    const auto rename_host = [] { return ::sethostname("x", 1); };
    if (error_of({.socket_options = true}, mark) != not_refused)
        GTEST_SKIP() << "this root has not all capabilities";
    EXPECT_EQ(error_of({}, mark), EPERM);
    EXPECT_EQ(error_of({.socket_options = true}, rename_host), EPERM);
    const test::TemporaryFile file("1\n");
    ASSERT_EQ(::chown(file.path().c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chmod(file.path().c_str(), 0600), 0);
    const auto open_it = [&] { return ::open(file.path().c_str(), O_WRONLY); };
    EXPECT_EQ(error_of({.files_of_others = true}, open_it), not_refused);
    EXPECT_EQ(error_of({.socket_options = true}, open_it), EACCES);
    const auto read_it = [&] { return ::open(file.path().c_str(), O_RDONLY); };
    EXPECT_EQ(error_of({.reading_any_file = true}, read_it), not_refused);
    EXPECT_EQ(error_of({.reading_any_file = true}, open_it), EACCES);
}

TEST(Privileges, ThereIsNoWayBack) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can switch to another user";
    const auto nobody = find_user("nobody");
    if (!nobody)
        GTEST_SKIP() << nobody.error().message();
    const auto become = [&] { return drop_privileges(&*nobody); };
#ifndef __SANITIZE_THREAD__
    // ThreadSanitizer has a thread of its own, which keeps its capabilities. If the threads of a
    // process differ in whether they may change their user, the C library aborts it (nptl(7)).
    EXPECT_EQ(error_behind(become, [&] { return ::getuid() == nobody->id ? 0 : -1; }),
              not_entered);  // without its capabilities, not even root can do this
#endif
    const pid_t child = ::fork();
    if (child == 0) {
        const bool same = become() && ::getuid() == nobody->id && ::getgid() == nobody->group;
        ::_exit(same && ::setuid(0) != 0 && ::setgid(0) != 0 ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace sockbox::serve

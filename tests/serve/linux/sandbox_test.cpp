// Tests of the sandbox from inside: a child process enters it and tries what is denied.
#include "serve/confine/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

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
    return found;
}

INSTANTIATE_TEST_SUITE_P(Sandbox, Seccomp, testing::ValuesIn(names()),
                         [](const auto& row) { return std::string(row.param); });

TEST(Landlock, ClosesFilesAndPortsButForThePortFile) {
    const test::TemporaryFile removable("1\n");
    const auto error_of = [&](const auto& attempt) {
        return error_behind([&] { return enter_landlock({removable.path()}); }, attempt);
    };
    if (error_of([] { return 0; }) == not_entered)
        GTEST_SKIP() << "this kernel has no Landlock";
    EXPECT_EQ(error_of([] { return ::open("/etc/passwd", O_RDONLY); }), EACCES);
    EXPECT_EQ(error_of([&] { return ::open(removable.path().c_str(), O_WRONLY); }), EACCES);
    EXPECT_EQ(error_of([] { return ::unlink("/etc/passwd"); }), EACCES);
    EXPECT_EQ(error_of([&] { return ::unlink(removable.path().c_str()); }), not_refused);
    EXPECT_FALSE(std::filesystem::exists(removable.path()));
}

TEST(Privileges, AnUnknownUserIsAMistake) {
    const auto found = find_user("no-such-user-here");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, std::errc::invalid_argument);
    EXPECT_THAT(found.error().message(), testing::HasSubstr("no-such-user-here"));
    EXPECT_EQ(find_user("root")->id, 0U);
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

// Tests of every command in unusual surroundings: no environment, no directory, a full disk.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "paths.h"
#include "system/hint.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* commands[] = {"showip", "sockopt", "echod", "echo", "udpecho", "sockbox"};

// Runs a shell command line for each of the commands, which it refers to as "$program".
template <class Check>
void each(const std::string& script, const Check& check) {
    for (const char* command : commands) {
        SCOPED_TRACE(command);
        check(command, Process({"/bin/sh", "-c", script},
                               {std::string("program=" SOCKBOX_BIN_DIR "/") + command})
                           .wait());
    }
}

TEST(Surroundings, HelpAndVersionGoToStandardOutput) {
    for (const std::string option : {"--help", "--version"}) {
        each("\"$program\" " + option, [&](const std::string& command, const Ran& ran) {
            EXPECT_THAT(ran.out, testing::AnyOf(HasSubstr(command + " (sockbox) " SOCKBOX_VERSION),
                                                StartsWith("Usage: " + command + ' '),
                                                ContainsRegex("^Usage: [^ ].*/echo'? "),
                                                StartsWith("sockbox " SOCKBOX_VERSION)));
            EXPECT_EQ(ran.err, "");
            EXPECT_EQ(ran.status, tools::exit_ok);
        });
        each("\"$program\" " + option + " >/dev/full", [](const std::string&, const Ran& ran) {
            EXPECT_THAT(ran.err, HasSubstr("(ENOSPC)\n"));
            EXPECT_EQ(ran.status, tools::exit_output);
        });
    }
}

// A command is called what it was started as, in text and in JSON.
TEST(Surroundings, TcpechoIsTheOtherNameOfEcho) {
    EXPECT_EQ(Process({"tcpecho", "--version"}).wait().out,
              "tcpecho (sockbox) " SOCKBOX_VERSION "\n");
    const Ran ran = Process({"tcpecho", "--json", "127.0.0.1", closed_port(), "hello"}).wait();
    EXPECT_THAT(ran.out, StartsWith(R"({"tool":"tcpecho",)"));
    EXPECT_THAT(ran.err, StartsWith("tcpecho: connect 127.0.0.1:"));
    EXPECT_EQ(Process({"tcpecho"}).wait().err,
              "tcpecho: missing HOST and PORT\ntcpecho: see 'tcpecho --help'\n");
}

TEST(Surroundings, NothingMissingOrUnusualBreaksACommand) {
    for (const std::string before :
         {"env -i ", "unset HOME; ", "cd \"$(mktemp -d)\" && rmdir \"$PWD\" && ",
          "TZ=:/no/such/zone LC_ALL=xx_YY.nonsense LANG=C.UTF-16 ", "exec 0<&-; "})
        each(before + "\"$program\" --version", [&](const std::string&, const Ran& ran) {
            EXPECT_THAT(ran.out, HasSubstr(SOCKBOX_VERSION)) << before;
            EXPECT_EQ(ran.err, "");
            EXPECT_EQ(ran.status, tools::exit_ok);
        });
}

// Exceeding the file size limit is an ordinary error, and the command is not killed by a signal.
TEST(Surroundings, AFileSizeLimitIsReportedAndNothingElse) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer writes a file of its own before main()";
#endif
    const TemporaryFile file;
    const Ran listed = Process({"/bin/sh", "-c", "ulimit -f 0; \"$program\" --list >\"$file\""},
                               {"program=" SOCKBOX_BIN_DIR "/sockopt", "file=" + file.path()})
                           .wait();
    EXPECT_EQ(listed.status, tools::exit_output);
    EXPECT_THAT(listed.err, HasSubstr("(EFBIG)\n"));
    const Ran served =
        Process(
            {"/bin/sh", "-c", "ulimit -f 0; \"$program\" -p 0 -b 127.0.0.1 --port-file \"$file\""},
            {"program=" SOCKBOX_BIN_DIR "/echod", "file=" + file.path()})
            .wait();
    EXPECT_EQ(served.status, tools::exit_output);
    EXPECT_THAT(served.err, HasSubstr("write port file " + file.path()));
    EXPECT_THAT(served.err, HasSubstr("(EFBIG)\n"));
}

// execve() with an empty argument list: the program has no name and no arguments. All commands
// report missing arguments, except sockopt, which needs none.
TEST(Surroundings, ACommandWithoutItsNameIsThatCommand) {
    for (const char* command : {"showip", "sockopt", "echo", "udpecho", "sockbox"}) {
        const std::string program = std::string(SOCKBOX_BIN_DIR "/") + command;
        const TemporaryFile err;
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 2, err.path().c_str(), O_WRONLY, 0);
        char* none[] = {nullptr};
        pid_t pid = -1;
        ASSERT_EQ(::posix_spawn(&pid, program.c_str(), &actions, nullptr, none, none), 0);
        ::posix_spawn_file_actions_destroy(&actions);
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        const bool needs_none = command == std::string_view("sockopt");
        EXPECT_TRUE(WIFEXITED(status)) << command;
        EXPECT_EQ(WEXITSTATUS(status), needs_none ? tools::exit_ok : tools::exit_usage) << command;
        EXPECT_EQ(err.content().empty(), needs_none) << err.content();
    }
}

// Runs a command as a user who may not have a second process or thread.
Ran run_without_threads(const std::string& command, const Words& args) {
    // A user of its own, because the limit applies to all processes of a user.
    const std::string user = std::to_string(300'000 + ::getpid());
    // The build may be in a directory that other users cannot access, such as /root.
    const TemporaryFile open_to_all;
    std::filesystem::copy_file(SOCKBOX_BIN_DIR "/" + command, open_to_all.path(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(open_to_all.path(), std::filesystem::perms(0755));
    Words words = {"/usr/bin/setpriv", "--reuid",          user,
                   "--clear-groups",   "/usr/bin/prlimit", "--nproc=1",
                   open_to_all.path()};
    words.insert(words.end(), args.begin(), args.end());
    return Process(words).wait();
}

TEST(Surroundings, WithoutThreadsTheStatusIsThatOfARefusal) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer needs threads of its own";
#endif
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can start a command with such a limit as another user";
    for (const auto& [command, args] : {std::pair<std::string, Words>{"showip", {"localhost"}},
                                        {"udpecho", {"-c", "1", "127.0.0.1", "9"}}}) {
        const Ran ran = run_without_threads(command, args);
        EXPECT_EQ(ran.err, command +
                               ": start a thread: Resource temporarily unavailable (EAGAIN)\n" +
                               command + ": hint: " + net::hint(net::Hint::tasks) + "\n");
        EXPECT_EQ(ran.status, tools::exit_refused);
    }
}

}  // namespace
}  // namespace sockbox::test

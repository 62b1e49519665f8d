// Tests of commands in the background of a shell's terminal.
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>

#include "tests/linux/terminal.h"
#include "tests/support.h"
#include "tools/front/progress.h"

namespace sockbox::test {
namespace {

// What a child process reports by its exit status.
enum Ended : int { as_usual, by_being_stopped, without_terminal };

// Draws on its controlling terminal, in its foreground or its background. The terminal stops those
// that write from the background (tostop in stty(1)).
[[noreturn]] void draw_on(const std::string& name, bool behind) {
    ::setsid();
    const int file = ::open(name.c_str(), O_RDWR);  // becomes the controlling terminal
    termios settings{};
    if (::tcgetattr(file, &settings) != 0)
        ::_exit(without_terminal);
    settings.c_lflag |= TOSTOP;
    ::tcsetattr(file, TCSANOW, &settings);
    const pid_t job = ::fork();
    if (job == 0) {
        if (behind)
            ::setpgid(0, 0);  // the terminal's foreground is still the parent's group
        tools::Output err(file, tools::Output::Buffering::none);
        tools::ProgressLine line(err, true);
        line.draw({"progress"});
        line.erase();
        ::_exit(as_usual);
    }
    int status = 0;
    ::waitpid(job, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
        ::kill(job, SIGKILL);
        ::_exit(by_being_stopped);
    }
    ::_exit(WEXITSTATUS(status));
}

std::string drawn(bool behind) {
    Terminal terminal(80);
    const pid_t shell = ::fork();
    if (shell == 0)
        draw_on(terminal.name(), behind);
    int status = 0;
    EXPECT_EQ(::waitpid(shell, &status, 0), shell);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), as_usual);
    // Something to read, so that the test does not wait for what is not written.
    const int file = ::open(terminal.name().c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(::write(file, "end", 3), 3);
    ::close(file);
    return terminal.read_until([](const std::string& text) { return text.ends_with("end"); });
}

TEST(JobControl, OnlyTheForegroundDrawsTheProgressLine) {
    EXPECT_THAT(drawn(false), testing::HasSubstr("progress"));
    EXPECT_EQ(drawn(true), "end");
}

}  // namespace
}  // namespace sockbox::test

// Processes under test on Linux.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "paths.h"
#include "system/clock.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::system_category(), "pipe2");
    return {ends[0], ends[1]};
}

#ifdef __SANITIZE_THREAD__
// Whether the first thread is sleeping (state S in proc(5)).
bool sleeps(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');
    return name_end == stat.npos || stat.substr(name_end + 2, 1) != "R";
}
#endif

void close_end(int& end) {
    if (end >= 0)
        ::close(end);
    end = -1;
}

std::vector<char*> pointers(Words& words) {
    std::vector<char*> found;
    for (std::string& word : words)
        found.push_back(word.data());
    found.push_back(nullptr);
    return found;
}

// Appends what a pipe contains; returns false at EOF.
bool read_more(int end, std::string& text) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(end, buffer.data(), buffer.size());
    if (got > 0)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
}

// The environment of this program, in which these variables replace those of the same names: of two
// values, a shell may take either.
Words with_own(const Words& environment) {
    Words variables = environment;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view inherited = *variable;
        const std::string_view name = inherited.substr(0, inherited.find('=') + 1);
        if (std::ranges::none_of(environment,
                                 [&](const std::string& own) { return own.starts_with(name); }))
            variables.emplace_back(inherited);
    }
    return variables;
}

}  // namespace

bool on_wine() {
    return false;
}

struct Process::State {
    pid_t pid = -1;
    int in = -1;
    int out = -1;
    int err = -1;
    std::string out_text;
    std::string err_text;
    bool reaped = false;

    // Reads until `enough` returns true, both outputs reach EOF, or the deadline; returns false
    // then.
    template <class Enough>
    bool read_until(net::Deadline deadline, const Enough& enough) {
        while (!enough() && (out >= 0 || err >= 0)) {
            std::array<pollfd, 2> ends{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
            if (::poll(ends.data(), ends.size(), net::poll_timeout(deadline)) == 0)
                return false;
            if (ends[0].revents != 0 && !read_more(out, out_text))
                close_end(out);
            if (ends[1].revents != 0 && !read_more(err, err_text))
                close_end(err);
        }
        return true;
    }

    ~State() {
        close_end(in);
        if (!reaped && pid > 0) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        close_end(out);
        close_end(err);
    }
};

Process::Process(const Words& words, const Words& environment) : state_(std::make_unique<State>()) {
    Words arguments = words;
    const bool is_path = words[0].find('/') != std::string::npos;
    const std::string program = is_path ? words[0] : std::string(SOCKBOX_BIN_DIR "/") + words[0];
    Words variables = with_own(environment);
    Pipe in = open_pipe();
    Pipe out = open_pipe();
    Pipe err = open_pipe();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
    ::posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);  // what this program inherited
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    // The test program ignores SIGPIPE, and the others after it has run a command.
    for (const int ignored : {SIGPIPE, SIGUSR1, SIGQUIT})
        ::sigaddset(&defaults, ignored);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int failed = ::posix_spawn(&state_->pid, program.c_str(), &actions, &attributes,
                                     pointers(arguments).data(), pointers(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in.read_end);
    ::close(out.write_end);
    ::close(err.write_end);
    state_->in = in.write_end;
    state_->out = out.read_end;
    state_->err = err.read_end;
    if (failed != 0) {
        state_->pid = -1;
        throw std::system_error(failed, std::system_category(), "start " + program);
    }
}

Process::~Process() = default;
Process::Process(Process&&) noexcept = default;

int Process::pid() const {
    return state_->pid;
}

void Process::write_input(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(state_->in, text.data(), text.size());
        ASSERT_GT(put, 0) << "the process does not read its input";
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

void Process::close_input() {
    close_end(state_->in);
}

std::string Process::read_line() {
    const auto has_line = [&] { return state_->out_text.find('\n') != std::string::npos; };
    const bool in_time = state_->read_until(net::deadline_in(patience), has_line);
    if (!in_time || !has_line())
        throw std::runtime_error("no line; standard error: " + state_->err_text);
    const std::size_t end = state_->out_text.find('\n');
    std::string line = state_->out_text.substr(0, end);
    state_->out_text.erase(0, end + 1);
    return line;
}

void Process::send_signal(int number) {
#ifdef __SANITIZE_THREAD__
    // ThreadSanitizer defers a signal that arrives while its thread runs, and may lose it if a
    // blocking call begins just then: so send it while a call blocks.
    const auto deadline = net::deadline_in(patience);
    while (!sleeps(state_->pid) && net::Clock::now() < deadline)
        std::this_thread::yield();
#endif
    ::kill(state_->pid, number);
}

Ran Process::wait(std::chrono::milliseconds limit) {
    close_input();
    const auto deadline = net::deadline_in(limit);
    const bool in_time = state_->read_until(deadline, [] { return false; });
    EXPECT_TRUE(in_time) << "still running; standard error: " << state_->err_text;
    if (!in_time)
        ::kill(state_->pid, SIGKILL);
    int status = 0;
    ::waitpid(state_->pid, &status, 0);
    state_->reaped = true;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, std::move(state_->out_text), std::move(state_->err_text)};
}

}  // namespace sockbox::test

// Shared by all tests: runs commands in this process or another one, with deadlines.
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/front/command.h"

namespace sockbox::test {

using Words = std::vector<std::string>;

// Long enough for a busy machine with two cores; exceeding it fails the test.
inline constexpr std::chrono::seconds patience{30};

struct Ran {
    int status = -1;  // 128 + the signal number if a signal ended it
    std::string out;
    std::string err;
};

// Runs a command in this process with files as its standard streams.
Ran run(tools::Run command, const Words& args, std::string_view input = {});

// The lines of a text without their line endings.
Words lines(std::string_view text);

// JSON results without the members "time" and "version", which differ from run to run.
std::string without_origin(std::string_view json);

// The system's name of a condition: "ECONNREFUSED", or "WSAECONNREFUSED" on Windows.
std::string symbol_of(std::errc condition);

// Whether Wine is running the test instead of Windows; it does not support everything.
bool on_wine();

// A unique path of a file that is removed at the end of the test.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view content = {});
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    const std::string& path() const { return path_; }
    // Empty if the file was removed.
    std::string content() const;

  private:
    std::string path_;
};

// Standard streams on files, for a command that is examined while it runs.
class StandardFiles {
  public:
    explicit StandardFiles(std::string_view input = {});
    // Runs a command in this process.
    Ran run(tools::Run command, const Words& args);
    // The same, but reads none of its output, which takes a descriptor.
    int status_of(tools::Run command, const Words& args);
    // The standard error so far; from any thread.
    std::string err() const { return err_.content(); }

  private:
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    using File = std::unique_ptr<std::FILE, CloseFile>;

    const TemporaryFile in_;
    const TemporaryFile out_;
    const TemporaryFile err_;
    const File in_file_;
    const File out_file_;
    const File err_file_;
    tools::Output out_text_;
    tools::Output err_text_;
};

// A program in a process of its own, with its standard streams on pipes. Killed if it is still
// running at the end of the test.
class Process {
  public:
    // `words` starts with the name of a command ("echod") in the build's bin directory or the path
    // of a program. `environment` ("NAME=value") is added to our own environment.
    explicit Process(const Words& words, const Words& environment = {});
    ~Process();
    Process(Process&&) noexcept;

    int pid() const;
    // All of it must fit into the pipe or be read while it is being written.
    void write_input(std::string_view text);
    void close_input();
    // The next line of standard output, without its newline. Throws std::runtime_error, which ends
    // the test, if the output ends first or no line comes within `patience`.
    std::string read_line();
    void send_signal(int number);
    // Closes the input, reads both outputs to EOF and waits for the process to end.
    Ran wait(std::chrono::milliseconds limit = patience);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// An echod in a process of its own, by default on a free port of 127.0.0.1.
class EchoServer {
  public:
    explicit EchoServer(const Words& args = {}, const std::string& port = "0");
    const std::string& port() const { return port_; }
    Process& process() { return process_; }

  private:
    Process process_;
    std::string port_;
};

}  // namespace sockbox::test

// Processes under test on Windows.
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "system/clock.h"
#include "system/platform.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

struct Handle {
    HANDLE native = nullptr;

    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { close(); }
    void close() {
        if (native != nullptr)
            ::CloseHandle(native);
        native = nullptr;
    }
};

[[noreturn]] void give_up(const std::string& action) {
    throw std::system_error(net::platform::last_file_error(), action);
}

// `ours` is not inherited by the child, `theirs` is.
void open_pipe(Handle& ours, Handle& theirs, bool we_read) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    HANDLE& read_end = we_read ? ours.native : theirs.native;
    HANDLE& write_end = we_read ? theirs.native : ours.native;
    if (!::CreatePipe(&read_end, &write_end, &inherited, 1 << 16))
        give_up("CreatePipe");
    ::SetHandleInformation(ours.native, HANDLE_FLAG_INHERIT, 0);
}

std::wstring to_wide(std::string_view text) {
    const auto length = static_cast<int>(text.size());
    std::wstring wide(text.size(), L'\0');  // never more code units than bytes
    wide.resize(static_cast<std::size_t>(
        ::MultiByteToWideChar(CP_UTF8, 0, text.data(), length, wide.data(), length)));
    return wide;
}

// Quotes a word of a command line so that CommandLineToArgvW restores it.
std::string in_quotes(std::string_view word) {
    std::string text = "\"";
    std::size_t backslashes = 0;
    for (const char c : word) {
        if (c == '"')
            text.append(backslashes + 1, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        text += c;
    }
    text.append(backslashes, '\\');
    return text + '"';
}

std::wstring command_line(const Words& words) {
    std::string line;
    for (const std::string& word : words) {
        if (!line.empty())
            line += ' ';
        line += in_quotes(word);
    }
    return to_wide(line);
}

// The programs are in the test program's directory, even if both were moved after the build.
std::wstring program_path(const std::string& name) {
    if (name.find_first_of("/\\") != std::string::npos)
        return to_wide(name);
    std::array<wchar_t, 4096> own{};
    ::GetModuleFileNameW(nullptr, own.data(), static_cast<DWORD>(own.size() - 1));
    return std::filesystem::path(own.data()).parent_path() / to_wide(name + ".exe");
}

// Our environment and `added`, in the format of CreateProcessW.
std::wstring environment_block(const Words& added) {
    std::wstring block;
    for (const std::string& variable : added)
        block += to_wide(variable) + L'\0';
    wchar_t* own = ::GetEnvironmentStringsW();
    for (const wchar_t* variable = own; *variable != L'\0';) {
        const std::wstring_view text(variable);
        block += text;
        block += L'\0';
        variable += text.size() + 1;
    }
    ::FreeEnvironmentStringsW(own);
    return block + L'\0';
}

// Collects the output of a pipe on a thread of its own, because pipes cannot be polled.
class Collector {
  public:
    ~Collector() { finish(); }

    void start(Handle& end) {
        thread_ = std::thread([this, pipe = std::exchange(end.native, nullptr)] { collect(pipe); });
    }
    void finish() {
        if (thread_.joinable())
            thread_.join();
    }
    // Waits until `enough(text)` or EOF; returns false at the deadline.
    template <class Enough>
    bool wait(net::Deadline deadline, const Enough& enough) {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, deadline, [&] { return over_ || enough(text_); });
    }
    // Calls `look` with the text so far, which it may change.
    template <class Look>
    void with_text(const Look& look) {
        const std::lock_guard lock(mutex_);
        look(text_);
    }
    std::string text() {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    void collect(HANDLE pipe) {
        std::array<char, 65536> buffer{};
        DWORD got = 0;
        while (::ReadFile(pipe, buffer.data(), static_cast<DWORD>(buffer.size()), &got, nullptr)) {
            const std::lock_guard lock(mutex_);
            text_.append(buffer.data(), got);
            changed_.notify_all();
        }
        ::CloseHandle(pipe);
        const std::lock_guard lock(mutex_);
        over_ = true;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace

bool on_wine() {
    return ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

struct Process::State {
    Handle process;
    DWORD pid = 0;
    Handle in;
    Collector out;
    Collector err;

    void kill(int status) { ::TerminateProcess(process.native, static_cast<UINT>(status)); }
    ~State() {
        in.close();
        kill(128 + SIGTERM);
        ::WaitForSingleObject(process.native, INFINITE);
    }
};

Process::Process(const Words& words, const Words& environment) : state_(std::make_unique<State>()) {
    Handle in;
    Handle out;
    Handle err;
    Handle our_out;
    Handle our_err;
    open_pipe(state_->in, in, false);
    open_pipe(our_out, out, true);
    open_pipe(our_err, err, true);
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = in.native;
    startup.hStdOutput = out.native;
    startup.hStdError = err.native;
    const std::wstring program = program_path(words[0]);
    std::wstring line = command_line(words);
    std::wstring variables = environment_block(environment);
    PROCESS_INFORMATION started{};
    // A process group of its own, so that interrupting it does not end the test program as well.
    if (!::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE,
                          CREATE_UNICODE_ENVIRONMENT | CREATE_NEW_PROCESS_GROUP, variables.data(),
                          nullptr, &startup, &started))
        give_up("start " + words[0]);
    ::CloseHandle(started.hThread);
    state_->process.native = started.hProcess;
    state_->pid = started.dwProcessId;
    state_->out.start(our_out);
    state_->err.start(our_err);
}

Process::~Process() = default;
Process::Process(Process&&) noexcept = default;

int Process::pid() const {
    return static_cast<int>(state_->pid);
}

void Process::write_input(std::string_view text) {
    while (!text.empty()) {
        DWORD put = 0;
        ASSERT_TRUE(::WriteFile(state_->in.native, text.data(), static_cast<DWORD>(text.size()),
                                &put, nullptr))
            << "the process does not read its input";
        text.remove_prefix(put);
    }
}

void Process::close_input() {
    state_->in.close();
}

std::string Process::read_line() {
    const auto has_line = [](const std::string& text) {
        return text.find('\n') != std::string::npos;
    };
    const bool in_time = state_->out.wait(net::deadline_in(patience), has_line);
    std::string line;
    state_->out.with_text([&](std::string& text) {
        if (!in_time || !has_line(text))
            throw std::runtime_error("no line; standard error: " + state_->err.text());
        const std::size_t end = text.find('\n');
        line = text.substr(0, end);
        text.erase(0, end + 1);
    });
    return line;
}

void Process::send_signal(int number) {
    if (number == SIGINT)
        ASSERT_TRUE(::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, state_->pid))
            << net::platform::last_file_error().message();
    else
        state_->kill(128 + number);
}

Ran Process::wait(std::chrono::milliseconds limit) {
    close_input();
    const auto deadline = net::deadline_in(limit);
    const bool in_time =
        ::WaitForSingleObject(state_->process.native,
                              static_cast<DWORD>(net::poll_timeout(deadline))) == WAIT_OBJECT_0;
    EXPECT_TRUE(in_time) << "still running; standard error: " << state_->err.text();
    if (!in_time)
        state_->kill(128 + SIGTERM);
    ::WaitForSingleObject(state_->process.native, INFINITE);
    state_->out.finish();
    state_->err.finish();
    DWORD code = 0;
    ::GetExitCodeProcess(state_->process.native, &code);
    return {static_cast<int>(code), state_->out.text(), state_->err.text()};
}

}  // namespace sockbox::test

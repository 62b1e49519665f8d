// Processes by pidfd, their sockets by /proc/PID/fd and pidfd_getfd.
#include "net/process.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

#include "net/escape.h"
#include "net/socket_kind.h"
#include "net/sysctl.h"
#include "net/units.h"

namespace sockbox::net {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

std::string subject_of(int pid) {
    return fmt::format("process {}", pid);
}

// The names in a directory that are decimal numbers, ascending; errno tells of a failure.
std::vector<int> numbers_in(DIR* directory) {
    std::vector<int> numbers;
    while (const dirent* entry = ::readdir(directory))
        if (const auto number = parse_integer(entry->d_name, 0, INT32_MAX))
            numbers.push_back(static_cast<int>(*number));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

std::string link_target(const std::string& path) {
    std::array<char, 256> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length))
                      : std::string();
}

// "socket:[4711]" as 4711; 0 for what is no socket.
std::uint64_t socket_inode(std::string_view target) {
    constexpr std::string_view prefix = "socket:[";
    if (!target.starts_with(prefix) || !target.ends_with(']'))
        return 0;
    target.remove_prefix(prefix.size());
    target.remove_suffix(1);
    return static_cast<std::uint64_t>(parse_integer(target, 0, INT64_MAX).value_or(0));
}

// The value of a line such as "Tgid:\t812" in /proc/PID/status; empty where there is none.
std::string status_line(int pid, std::string_view name) {
    std::ifstream file(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name) && line.size() > name.size() + 1)
            return line.substr(name.size() + 2);
    return {};
}

bool is_zombie(int pid) {
    return status_line(pid, "State").starts_with('Z');
}

// A kernel thread has no program.
bool is_kernel_thread(int pid) {
    std::array<char, 8> any{};
    const std::string path = fmt::format("/proc/{}/exe", pid);
    return ::readlink(path.c_str(), any.data(), any.size()) < 0 && errno == ENOENT &&
           !is_zombie(pid);
}

std::string permission_hint() {
    std::string text =
        "this takes ptrace access: the same user and a process that can be dumped "
        "(PR_SET_DUMPABLE), or CAP_SYS_PTRACE";
    if (const auto scope = read_sysctl("kernel.yama.ptrace_scope"))
        text += fmt::format("; Yama narrows it by kernel.yama.ptrace_scope = {}", *scope);
    return text;
}

Error explained(std::error_code code, int pid) {
    Error error{code, {}, subject_of(pid), {}, {}};
    if (code == std::errc::operation_not_permitted || code == std::errc::permission_denied)
        error.hint = permission_hint();
    else if (code == std::errc::function_not_supported)
        error.detail = "the sockets of another process need Linux 5.6 (pidfd_getfd)";
    else if (code == std::errc::no_such_process)
        error.detail = is_zombie(pid) ? "ended already and only waits for its parent (a zombie)"
                                      : "no such process";
    return error;
}

Error explained_open(std::error_code code, int pid) {
    const std::string leader = status_line(pid, "Tgid");
    if (leader.empty() || leader == fmt::format("{}", pid))
        return explained(code, pid);
    return {code, {}, subject_of(pid), fmt::format("is a thread of process {}", leader), {}};
}

}  // namespace

HostProcess::HostProcess(int pid, std::string name, Socket handle)
    : pid_(pid), name_(std::move(name)), handle_(std::move(handle)) {}

Result<HostProcess> HostProcess::open(int pid) {
    Socket handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle.valid())
        return fail(explained_open(platform::last_error(), pid));
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return HostProcess(pid, std::move(name), std::move(handle));
}

Result<std::vector<HeldSocket>> HostProcess::sockets() const {
    const std::string path = fmt::format("/proc/{}/fd", pid_);
    const Directory directory(::opendir(path.c_str()));
    if (!directory) {
        const std::error_code code = platform::last_error();
        const bool gone = code == std::errc::no_such_file_or_directory;
        return fail(
            explained(gone ? std::error_code(ESRCH, platform::error_category()) : code, pid_));
    }
    std::vector<HeldSocket> held;
    const std::vector<int> descriptors = numbers_in(directory.get());
    for (const int descriptor : descriptors)
        if (const auto inode = socket_inode(link_target(fmt::format("{}/{}", path, descriptor))))
            held.push_back({descriptor, inode});
    if (descriptors.empty() && is_zombie(pid_))
        return fail(explained({ESRCH, platform::error_category()}, pid_));
    return held;
}

Result<Socket> HostProcess::duplicate(int descriptor) const {
    Socket socket(static_cast<int>(::syscall(SYS_pidfd_getfd, handle_.native(), descriptor, 0)));
    if (!socket.valid()) {
        Error error = explained(platform::last_error(), pid_);
        if (error.code == std::errc::bad_file_descriptor) {
            error.subject = fmt::format("descriptor {}", descriptor);
            error.detail = is_kernel_thread(pid_)
                               ? fmt::format("process {} is a kernel thread and has none", pid_)
                               : fmt::format("not open in process {}", pid_);
        }
        return fail(std::move(error));
    }
    if (auto kind = kind_of(socket); !kind) {
        const std::string target = link_target(fmt::format("/proc/{}/fd/{}", pid_, descriptor));
        return fail({kind.error().code,
                     {},
                     fmt::format("descriptor {} of process {}", descriptor, pid_),
                     fmt::format("not a socket ({})", escape(target)),
                     {}});
    }
    return socket;
}

bool HostProcess::in_other_namespace() const {
    const std::string theirs = link_target(fmt::format("/proc/{}/ns/net", pid_));
    return !theirs.empty() && theirs != link_target("/proc/self/ns/net");
}

std::uint64_t inode_of(const Socket& socket) {
    struct stat status {};
    return ::fstat(socket.native(), &status) == 0 ? status.st_ino : 0;
}

std::vector<int> process_ids() {
    const Directory directory(::opendir("/proc"));
    return directory ? numbers_in(directory.get()) : std::vector<int>();
}

}  // namespace sockbox::net

// Processes by pidfd_open(2), their sockets by /proc/PID/fd and pidfd_getfd(2), and network
// namespaces by setns(2).
#include "inspect/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>

#include "system/hint.h"
#include "system/host.h"
#include "system/thread.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

std::string subject_of(int pid) {
    return fmt::format("process {}", pid);
}

// The entries of a directory that are decimal numbers, ascending.
std::vector<int> numbers_in(DIR* directory) {
    std::vector<int> numbers;
    while (const dirent* entry = ::readdir(directory))
        if (const auto number = parse_integer(entry->d_name, 0, INT32_MAX))
            numbers.push_back(static_cast<int>(*number));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

// What a descriptor refers to, according to a folder fd in /proc. Empty on failure.
using LinkBuffer = std::array<char, 256>;
std::string_view link_target(const Socket& folder, int descriptor, LinkBuffer& buffer) {
    std::array<char, 16> name{};
    std::to_chars(name.data(), name.data() + name.size() - 1, descriptor);
    const auto length = ::readlinkat(folder.native(), name.data(), buffer.data(), buffer.size());
    return {buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::string proc_of(int pid) {
    return fmt::format("/proc/{}", pid);
}

// 4711 from "socket:[4711]"; 0 if it is not a socket.
std::uint64_t inode_in(std::string_view target) {
    constexpr std::string_view prefix = "socket:[";
    if (!target.starts_with(prefix) || !target.ends_with(']'))
        return 0;
    target.remove_prefix(prefix.size());
    std::uint64_t inode = 0;
    std::from_chars(target.data(), target.data() + target.size(), inode);
    return inode;
}

// The value of a line such as "Tgid:\t812" in the status of a process or thread, whose folder in
// /proc is `proc`; empty if there is none.
std::string status_line(const std::string& proc, std::string_view name) {
    std::ifstream file(proc + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name) && line.size() > name.size() + 1)
            return line.substr(name.size() + 2);
    return {};
}

bool is_zombie(const std::string& proc) {
    return status_line(proc, "State").starts_with('Z');
}

// Whether it is exiting: PF_EXITING in the flags of /proc/PID/stat, which are the seventh field
// after the name (proc_pid_stat(5)). The name may itself contain spaces and parentheses.
bool is_exiting(const std::string& proc) {
    constexpr std::int64_t exiting = 0x4;
    std::array<char, 2048> buffer;
    std::ifstream file(proc + "/stat");
    file.read(buffer.data(), buffer.size());
    const std::string_view text(buffer.data(), static_cast<std::size_t>(file.gcount()));
    const auto fields = split(text.substr(text.rfind(')') + 1), " ");
    return fields.size() > 7 && (parse_integer(fields[7], 0, INT64_MAX).value_or(0) & exiting) != 0;
}

// A kernel thread has no executable; neither has a zombie.
bool lacks_executable(const std::string& proc) {
    std::array<char, 8> any{};
    return ::readlink((proc + "/exe").c_str(), any.data(), any.size()) < 0 && errno == ENOENT;
}

bool is_kernel_thread(const std::string& proc) {
    return lacks_executable(proc) && !is_zombie(proc);
}

// A thread of the process that has not ended; nullopt if there is none.
std::optional<int> living_thread(int pid) {
    const Directory threads(::opendir((proc_of(pid) + "/task").c_str()));
    for (const int thread : threads ? numbers_in(threads.get()) : std::vector<int>())
        if (const auto path = fmt::format("/proc/{}/task/{}", pid, thread);
            !status_line(path, "State").empty() && !is_zombie(path))
            return thread;
    return std::nullopt;
}

std::error_code gone() {
    return {ESRCH, platform::error_category()};
}

std::string permission_hint() {
    std::string text = hint(Hint::foreign_process);
    if (const auto scope = read_sysctl("kernel.yama.ptrace_scope"))
        text += "; " + hint(Hint::restricted_by_yama, {*scope});
    return text;
}

bool is_proc_mounted() {
    return ::access("/proc/self", F_OK) == 0;
}

constexpr const char* no_proc = "its sockets are found through /proc, which is not mounted";

// A zombie has nothing to inspect, and refuses that with another error to root than to a user.
bool is_only_a_zombie(int pid) {
    return is_zombie(proc_of(pid)) && !living_thread(pid);
}

Error explained(std::error_code code, int pid) {
    if (is_not_permitted(code) && is_only_a_zombie(pid))
        code = gone();
    Error error{code, {}, subject_of(pid), {}, {}};
    if (is_not_permitted(code))
        error.hint = permission_hint();
    else if (code == std::errc::function_not_supported)
        error.detail = "access to the sockets of another process requires Linux 5.6 (pidfd_getfd)";
    else if (code == std::errc::no_such_process && !is_proc_mounted())
        error.detail = no_proc;
    else if (code == std::errc::no_such_process)
        error.detail = is_zombie(proc_of(pid))
                           ? "has ended and only waits for its parent (a zombie)"
                           : "no such process";
    return error;
}

Error explained_open(std::error_code code, int pid) {
    const std::string leader = status_line(proc_of(pid), "Tgid");
    if (leader.empty() || leader == fmt::format("{}", pid))
        return explained(code, pid);
    return {code, {}, subject_of(pid), fmt::format("is a thread of process {}", leader), {}};
}

}  // namespace

Result<HostProcess> HostProcess::open(int pid) {
    Socket handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle.valid())
        return fail(explained_open(platform::last_error(), pid));
    std::string name = process_name(pid);
    if (name.empty() && no_descriptor_left(platform::last_error()))
        return fail(explained(platform::last_error(), pid));
    std::string proc = proc_of(pid);
    // The descriptors belong to the threads: a first thread that has ended has none any more, while
    // the process goes on.
    const bool first_ended = lacks_executable(proc) && is_zombie(proc);
    if (const auto thread = first_ended ? living_thread(pid) : std::nullopt) {
        constexpr unsigned pidfd_thread = O_EXCL;  // PIDFD_THREAD, Linux 6.9
        handle = Socket(static_cast<int>(::syscall(SYS_pidfd_open, *thread, pidfd_thread)));
        if (!handle.valid())
            return fail({platform::last_error(),
                         {},
                         subject_of(pid),
                         "its first thread has ended, and access to the sockets through another "
                         "one requires Linux 6.9",
                         {}});
        proc = fmt::format("/proc/{}/task/{}", pid, *thread);
    }
    Socket descriptors(::open((proc + "/fd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!descriptors.valid() && no_descriptor_left(platform::last_error()))
        return fail(explained(platform::last_error(), pid));
    return HostProcess(pid, std::move(name), std::move(proc), std::move(handle),
                       std::move(descriptors));
}

Status HostProcess::each_descriptor(const std::function<bool(int descriptor)>& use) const {
    const Directory directory(::opendir((proc_ + "/fd").c_str()));
    if (!directory) {
        const std::error_code code = platform::last_error();
        const bool ended = code == std::errc::no_such_file_or_directory;
        return fail(explained(ended ? gone() : code, pid_));
    }
    bool any = false;
    int last = -1;
    while (const dirent* entry = ::readdir(directory.get())) {
        const auto descriptor = parse_integer(entry->d_name, last + 1, INT32_MAX);
        if (!descriptor)
            continue;
        any = true;
        last = static_cast<int>(*descriptor);
        if (!use(last))
            return {};
    }
    // An exiting process gives up its descriptor table before it becomes a zombie, so its directory
    // may have been empty, or have ended early. /proc is read by number: if the process is still
    // alive now, the number was not reused meanwhile.
    if (!any && is_zombie(proc_))
        return fail(explained(gone(), pid_));
    if (auto alive = check_alive(); !alive)
        return alive;
    if (!any && is_kernel_thread(proc_))
        return fail({{EBADF, platform::error_category()},
                     {},
                     subject_of(pid_),
                     "is a kernel thread and has no descriptors",
                     {}});
    return {};
}

std::optional<std::uint64_t> HostProcess::socket_inode(int descriptor) const {
    LinkBuffer buffer;
    const std::string_view target = link_target(descriptors_, descriptor, buffer);
    return target.empty() ? std::nullopt : std::optional(inode_in(target));
}

bool HostProcess::holds(int descriptor, const Socket& socket) const {
    const auto now = duplicate(descriptor);
    return now && now->inode == inode_of(socket) && cookie_of(now->socket) == cookie_of(socket);
}

// A pidfd becomes readable only after all threads have ended (pidfd_open(2)), which is after the
// descriptors are closed; PF_EXITING is set before that. It is read first: a process that is reaped
// between the two has no flags any more, but a readable pidfd.
Status HostProcess::check_alive() const {
    std::array<pollfd, 1> ended{{{handle_.native(), POLLIN, 0}}};
    if (is_exiting(proc_) || platform::poll(ended, 0) > 0)
        return fail(explained(gone(), pid_));
    return {};
}

Result<Socket> HostProcess::duplicate_found(int descriptor) const {
    Socket socket(static_cast<int>(::syscall(SYS_pidfd_getfd, handle_.native(), descriptor, 0)));
    if (!socket.valid()) {
        Error error = explained(platform::last_error(), pid_);
        if (error.code == std::errc::bad_file_descriptor) {
            error.subject = fmt::format("descriptor {}", descriptor);
            error.detail = is_kernel_thread(proc_)
                               ? fmt::format("process {} is a kernel thread and has none", pid_)
                               : fmt::format("not open in process {}", pid_);
        }
        return fail(std::move(error));
    }
    return socket;
}

// A descriptor that is not a socket is not duplicated, because to close the duplicate of a file may
// block (its flush, see close(2)).
Result<SharedSocket> HostProcess::duplicate(int descriptor) const {
    const bool is_other = socket_inode(descriptor) == 0U;
    auto socket = is_other ? Result<Socket>(Socket()) : duplicate_found(descriptor);
    if (!socket)
        return fail(socket.error());
    if (const std::uint64_t inode = inode_of(*socket))
        return SharedSocket{std::move(*socket), inode};
    LinkBuffer buffer;
    const std::string_view target = link_target(descriptors_, descriptor, buffer);
    return fail({{ENOTSOCK, platform::error_category()},
                 {},
                 fmt::format("descriptor {} of process {}", descriptor, pid_),
                 fmt::format("not a socket ({})", escape(target)),
                 {}});
}

std::uint64_t inode_of(const Socket& socket) {
    struct stat status {};
    const bool is_socket = ::fstat(socket.native(), &status) == 0 && S_ISSOCK(status.st_mode);
    return is_socket ? status.st_ino : 0;
}

std::uint64_t cookie_of(const Socket& socket) {
    std::uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    const bool told = ::getsockopt(socket.native(), SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0;
    return told ? cookie : 0;
}

Result<std::vector<int>> process_ids() {
    const Directory directory(::opendir("/proc"));
    if (!directory)
        return fail_last("list", "/proc");
    if (!is_proc_mounted())
        return fail({platform::error_of(std::errc::no_such_file_or_directory),
                     "list",
                     "/proc",
                     "it is not mounted",
                     {}});
    return numbers_in(directory.get());
}

Result<NetworkNamespace> NetworkNamespace::from(Socket handle) {
    struct stat status {};
    if (!handle.valid() || ::fstat(handle.native(), &status) != 0)
        return fail_last("look at", "the network namespace");
    return NetworkNamespace(std::move(handle), status.st_ino);
}

Result<NetworkNamespace> NetworkNamespace::own() {
    return from(Socket(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)));
}

Result<NetworkNamespace> NetworkNamespace::of_process(int pid) {
    const auto open = [](const std::string& proc) {
        return from(Socket(::open((proc + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC)));
    };
    auto space = open(proc_of(pid));
    if (!space && is_zombie(proc_of(pid)))
        if (const auto thread = living_thread(pid))
            return open(fmt::format("/proc/{}/task/{}", pid, *thread));
    return space;
}

Result<NetworkNamespace> NetworkNamespace::of_socket(const Socket& socket) {
    return from(Socket(::ioctl(socket.native(), SIOCGSKNS)));
}

Status NetworkNamespace::run(const std::function<void()>& work) const {
    Status done;
    auto visitor = start_thread([&] {
        if (::setns(handle_.native(), CLONE_NEWNET) == 0)
            work();
        else
            done = fail_last("enter", "the network namespace");
    });
    if (!visitor)
        return fail(visitor.error());
    visitor->join();
    return done;
}

}  // namespace sockbox::net

// Landlock by its system calls, because Debian's headers are older than the kernels it runs on, and
// the seccomp filter by libseccomp.
#include "serve/confine/sandbox.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "net/socket.h"
#include "serve/confine/linux/sandbox.h"
#include "system/memory.h"

namespace sockbox::serve {
namespace {

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;  // since ABI version 4
    std::uint64_t scoped;   // since ABI version 6
};

#pragma pack(push, 1)
struct PathBeneath {
    std::uint64_t allowed;
    std::int32_t folder;
};
#pragma pack(pop)

constexpr unsigned tell_version = 1;  // LANDLOCK_CREATE_RULESET_VERSION
constexpr int rule_path_beneath = 1;  // LANDLOCK_RULE_PATH_BENEATH
constexpr std::uint64_t remove_file = 1 << 5;
constexpr std::uint64_t truncate_file = 1 << 14;  // since ABI version 3
constexpr std::uint64_t bind_and_connect_tcp = 0b11;
constexpr std::uint64_t abstract_sockets_and_signals = 0b11;

// All file access rights of an ABI version: one bit each.
std::uint64_t file_rights(long version) {
    constexpr std::array<int, 5> bits{13, 14, 15, 15, 16};
    const auto known = static_cast<std::size_t>(version) - 1;
    return (std::uint64_t{1} << bits[std::min(known, bits.size() - 1)]) - 1;
}

std::size_t attributes_size(long version) {
    if (version < 4)
        return sizeof(std::uint64_t);
    return version < 6 ? 2 * sizeof(std::uint64_t) : sizeof(RulesetAttributes);
}

net::Status allow(const net::Socket& ruleset, std::uint64_t rights, const std::string& path) {
    const net::Socket opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!opened.valid())
        return net::fail_last("Landlock", path);
    const PathBeneath rule{rights, opened.native()};
    if (::syscall(SYS_landlock_add_rule, ruleset.native(), rule_path_beneath, &rule, 0U) != 0)
        return net::fail_last("Landlock", path);
    return {};
}

// Removing a file requires a right on its directory; truncating it, one on the file.
net::Status allow_removal(const net::Socket& ruleset, const std::string& file, long version) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    if (version >= 3)
        if (auto emptied = allow(ruleset, truncate_file, file); !emptied)
            return emptied;
    return allow(ruleset, remove_file, folder.empty() ? "." : folder);
}

// Needed by every engine and by the C library. None of these opens a file or a socket, or affects
// another process.
constexpr std::array for_all{
    // connections and datagrams
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(shutdown),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(splice),
    SCMP_SYS(pipe2), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(fcntl),
    // waiting
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2),
    SCMP_SYS(futex), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads, signals and exit
    SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(gettid),
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    // information, and the port file
    SCMP_SYS(getrandom), SCMP_SYS(getrlimit), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getrusage), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(statx), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(ftruncate)};

constexpr std::array for_fork{SCMP_SYS(wait4), SCMP_SYS(waitid)};

constexpr scmp_datum_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                        CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

struct Release {
    void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

// Adds rules until one fails; a system call that this architecture does not have is ignored.
class Rules {
  public:
    explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

    void allow(std::span<const int> calls) {
        for (const int call : calls)
            add(SCMP_ACT_ALLOW, call, {});
    }
    // Allows a call if all conditions on its arguments hold.
    void allow_where(int call, std::initializer_list<scmp_arg_cmp> conditions) {
        add(SCMP_ACT_ALLOW, call, conditions);
    }
    void refuse(int call, int error) {
        add(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, {});
    }
    int error() const noexcept { return error_; }

  private:
    void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
        const int rc = ::seccomp_rule_add_array(
            filter_, action, call, static_cast<unsigned>(conditions.size()), conditions.begin());
        if (rc != 0 && rc != -EDOM && error_ == 0)
            error_ = -rc;
    }

    scmp_filter_ctx filter_;
    int error_ = 0;
};

scmp_arg_cmp none_of(unsigned argument, scmp_datum_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

scmp_arg_cmp all_of(unsigned argument, scmp_datum_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

scmp_arg_cmp equal(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}

int add_rules(scmp_filter_ctx filter, std::string_view engine) {
    Rules rules(filter);
    rules.allow(for_all);
    rules.allow_where(SCMP_SYS(mmap), {none_of(2, PROT_EXEC)});
    rules.allow_where(SCMP_SYS(mprotect), {none_of(2, PROT_EXEC)});
    rules.allow_where(SCMP_SYS(ioctl), {equal(1, TCGETS)});  // isatty(3)
    rules.allow_where(SCMP_SYS(prlimit64), {equal(0, 0)});   // only for this process
    rules.allow_where(SCMP_SYS(tgkill), {equal(0, static_cast<scmp_datum_t>(::getpid()))});
    // Its flags are in memory, which a filter cannot read. With ENOSYS the C library falls back to
    // clone(2).
    rules.refuse(SCMP_SYS(clone3), ENOSYS);
    if (engine == "fork") {
        rules.allow(for_fork);
        rules.allow_where(SCMP_SYS(clone), {none_of(0, new_namespaces)});
        rules.allow_where(SCMP_SYS(prctl), {equal(0, PR_SET_PDEATHSIG)});
    } else {
        rules.allow_where(SCMP_SYS(clone), {all_of(0, CLONE_THREAD | CLONE_VM)});
    }
    // The existing rings are restricted to their operations; the filter could not check new ones.
    if (engine == "io_uring") {
        rules.allow(std::array{SCMP_SYS(io_uring_enter)});
        rules.allow_where(SCMP_SYS(io_uring_register), {equal(1, IORING_UNREGISTER_RING_FDS)});
    }
    return rules.error();
}

net::Status failure(int error) {
    return net::fail({{error, std::system_category()}, "seccomp", {}, {}, {}});
}

// Several times what building the filter needs: if memory runs out, libseccomp 2.5 crashes while it
// frees its own tree.
constexpr std::size_t room_for_filter = 1024 * 1024;  // bytes

#ifdef SOCKBOX_SANITIZED
constexpr bool sanitized = true;  // sanitizers need files and system calls
#else
constexpr bool sanitized = false;
#endif

void note(std::string_view name, const net::Status& entered, SandboxReport& report) {
    if (entered)
        report.entered.emplace_back(name);
    else
        report.left_out.push_back(entered.error().message());
}

}  // namespace

net::Status enter_landlock(const std::vector<std::string>& removable) {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, tell_version);
    if (version < 1)
        return net::fail_last("Landlock");
    const RulesetAttributes attributes{file_rights(version), bind_and_connect_tcp,
                                       abstract_sockets_and_signals};
    const net::Socket ruleset(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(version), 0U)));
    if (!ruleset.valid())
        return net::fail_last("Landlock");
    for (const std::string& file : removable)
        if (auto allowed = allow_removal(ruleset, file, version); !allowed)
            return allowed;
    if (::syscall(SYS_landlock_restrict_self, ruleset.native(), 0U) != 0)
        return net::fail_last("Landlock");
    return {};
}

net::Status enter_seccomp(std::string_view engine) {
    if (!net::allocate_pages(room_for_filter))
        return failure(ENOMEM);
    const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
    if (!filter)
        return failure(ENOMEM);
    // Apply it to existing threads, too.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    // A binary tree of comparisons instead of a list.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (const int error = add_rules(filter.get(), engine); error != 0)
        return failure(error);
    if (const int rc = ::seccomp_load(filter.get()); rc != 0)
        return failure(-rc);
    return {};
}

void deny_file_access(const std::vector<std::string>& removable, SandboxReport& report) {
    if (sanitized)
        report.left_out.emplace_back("a sanitizer of this build needs files and system calls");
    else
        note("Landlock", enter_landlock(removable), report);
}

void deny_system_calls(std::string_view engine, SandboxReport& report) {
    if (!sanitized)
        note("seccomp", enter_seccomp(engine), report);
}

}  // namespace sockbox::serve

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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
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

constexpr unsigned tell_version = 1;  // LANDLOCK_CREATE_RULESET_VERSION
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

// Needed by every engine and by the C library. None of these opens a file or a socket, looks at the
// file system, or affects another process.
constexpr std::array for_all{
    // connections and datagrams
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(pipe2), SCMP_SYS(splice),
    // waiting
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(eventfd2), SCMP_SYS(futex), SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads, signals and exit
    SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(gettid),
    SCMP_SYS(getpid), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // information
    SCMP_SYS(getrandom), SCMP_SYS(getrlimit), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getrusage), SCMP_SYS(lseek), SCMP_SYS(fstat)};

constexpr std::array for_epoll{SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
                               SCMP_SYS(epoll_pwait2)};
constexpr std::array for_fork{SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(close_range),
                              SCMP_SYS(getppid)};

// The flags of a send. Others have effects of their own: MSG_FASTOPEN connects.
constexpr scmp_datum_t send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

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

// Of an argument that is an int: the kernel ignores the upper half.
scmp_arg_cmp only(unsigned argument, unsigned bits) {
    return none_of(argument, scmp_datum_t{~bits});
}

void allow_sends(Rules& rules) {
    rules.allow_where(SCMP_SYS(sendto), {only(3, send_flags)});
    rules.allow_where(SCMP_SYS(sendmsg), {only(2, send_flags)});
    rules.allow_where(SCMP_SYS(sendmmsg), {only(3, send_flags)});
    // In any other way, a listener becomes a socket that can connect.
    rules.allow_where(SCMP_SYS(shutdown), {equal(1, SHUT_WR)});
}

int add_rules(scmp_filter_ctx filter, std::string_view engine) {
    Rules rules(filter);
    rules.allow(for_all);
    allow_sends(rules);
    // Others choose the process that a signal is sent to, and the signal.
    for (const scmp_datum_t command :
         {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETPIPE_SZ, F_GETPIPE_SZ})
        rules.allow_where(SCMP_SYS(fcntl), {equal(1, command)});
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
    if (engine == "epoll")
        rules.allow(for_epoll);
    // The existing rings are restricted to their operations; the filter could not check new ones.
    if (engine == "io_uring") {
        rules.allow(std::array{SCMP_SYS(io_uring_enter)});
        rules.allow_where(SCMP_SYS(io_uring_register), {equal(1, IORING_UNREGISTER_RING_FDS)});
    }
    return rules.error();
}

net::Status failure(int error, std::string_view what = {}) {
    return net::fail({{error, std::system_category()}, "seccomp", std::string(what), {}, {}});
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

net::Status enter_landlock() {
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
    if (const int rc = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); rc != 0)
        return failure(-rc, "for all threads");
    // A binary tree of comparisons instead of a list.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (const int error = add_rules(filter.get(), engine); error != 0)
        return failure(error);
    // ECANCELED, or ESRCH: a thread has a filter that this one does not have.
    if (const int rc = ::seccomp_load(filter.get()); rc != 0)
        return failure(rc == -ESRCH ? ECANCELED : -rc, "for all threads");
    return {};
}

void deny_file_access(SandboxReport& report) {
    if (sanitized)
        report.not_wanted.emplace_back("a sanitizer of this build needs files and system calls");
    else
        note("Landlock", enter_landlock(), report);
}

void deny_system_calls(std::string_view engine, SandboxReport& report) {
    if (!sanitized)
        note("seccomp", enter_seccomp(engine), report);
}

}  // namespace sockbox::serve

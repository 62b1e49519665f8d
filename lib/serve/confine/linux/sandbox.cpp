// The sandbox of the servers: no files, and only the system calls that their engine makes.
#include "serve/confine/sandbox.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "serve/confine/linux/filter.h"
#include "serve/confine/linux/landlock.h"
#include "serve/confine/linux/sandbox.h"

namespace sockbox::serve {
namespace {

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
// A STAMP reflector reads how good its clock is. Setting the clock takes a capability.
constexpr std::array for_clock{SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime)};
constexpr std::array for_fork{SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(close_range),
                              SCMP_SYS(getppid)};

// The flags of a send. Others have effects of their own: MSG_FASTOPEN connects.
constexpr scmp_datum_t send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

constexpr scmp_datum_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                        CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

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

void allow_sends(FilterRules& rules) {
    rules.allow_where(SCMP_SYS(sendto), {only(3, send_flags)});
    rules.allow_where(SCMP_SYS(sendmsg), {only(2, send_flags)});
    rules.allow_where(SCMP_SYS(sendmmsg), {only(3, send_flags)});
    // In any other way, a listener becomes a socket that can connect.
    rules.allow_where(SCMP_SYS(shutdown), {equal(1, SHUT_WR)});
}

void add_rules(FilterRules& rules, std::string_view engine) {
    rules.allow(for_all);
    allow_sends(rules);
    // Others choose the process that a signal is sent to, and the signal.
    for (const scmp_datum_t command :
         {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETPIPE_SZ, F_GETPIPE_SZ})
        rules.allow_where(SCMP_SYS(fcntl), {equal(1, command)});
    rules.allow_where(SCMP_SYS(mmap), {none_of(2, PROT_EXEC)});
    rules.allow_where(SCMP_SYS(mprotect), {none_of(2, PROT_EXEC)});
    // TCGETS: isatty(3). The others report how many bytes an aborted connection loses.
    for (const scmp_datum_t request : {TCGETS, SIOCINQ, SIOCOUTQ})
        rules.allow_where(SCMP_SYS(ioctl), {equal(1, request)});
    rules.allow_where(SCMP_SYS(prlimit64), {equal(0, 0)});  // only for this process
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
    if (engine == datagrams_alone)
        rules.allow(for_clock);
    // The existing rings are restricted to their operations; the filter could not check new ones.
    if (engine == "io_uring") {
        rules.allow(std::array{SCMP_SYS(io_uring_enter)});
        rules.allow_where(SCMP_SYS(io_uring_register), {equal(1, IORING_UNREGISTER_RING_FDS)});
    }
}

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
    return enter_landlock({all_files, bind_and_connect_tcp, abstract_sockets_and_signals});
}

net::Status enter_seccomp(std::string_view engine) {
    return load_filter(SCMP_ACT_ERRNO(EPERM),
                       [engine](FilterRules& rules) { add_rules(rules, engine); });
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

void confine_client(const std::vector<std::string>& output_files, SandboxReport& report) {
    if (sanitized) {
        report.not_wanted.emplace_back("a sanitizer of this build needs files and system calls");
        return;
    }
    note("Landlock", enter_client_landlock(output_files), report);
    note("seccomp", enter_client_seccomp(), report);
}

}  // namespace sockbox::serve

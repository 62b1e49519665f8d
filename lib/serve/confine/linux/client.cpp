// The sandbox of a client: everything that a lookup by any module may need stays permitted.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "serve/confine/linux/filter.h"
#include "serve/confine/linux/landlock.h"
#include "serve/confine/linux/sandbox.h"

namespace sockbox::serve {
namespace {

namespace fs = std::filesystem;

// What neither a lookup nor a measurement needs.
constexpr std::array never_needed{
    // programs, and code of the kernel
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(bpf),
    SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
    // clients of its own; the endpoint of the metrics listens already
    SCMP_SYS(listen),
    // other processes
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(tkill), SCMP_SYS(kcmp),
    // namespaces and mounts
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
    SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
    SCMP_SYS(open_by_handle_at),
    // the system
    SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(acct),
    SCMP_SYS(quotactl), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(syslog)};

void add_client_rules(FilterRules& rules) {
    for (const int call : never_needed)
        rules.refuse(call, EPERM);
    // raise(3) and abort(3) signal this process.
    const auto own = static_cast<scmp_datum_t>(::getpid());
    for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill)})
        rules.refuse(call, EPERM, {{0, SCMP_CMP_NE, own, 0}});
    for (const scmp_datum_t space : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET})
        rules.refuse(SCMP_SYS(clone), EPERM, {{0, SCMP_CMP_MASKED_EQ, space, space}});
    // Its flags are in memory, which a filter cannot read. With ENOSYS the C library falls back to
    // clone(2).
    rules.refuse(SCMP_SYS(clone3), ENOSYS);
}

// The path with the links of its last part followed, also if that leads nowhere yet.
fs::path behind_links(fs::path path) {
    constexpr int max_links = 40;  // as in path_resolution(7)
    for (int links = 0; links < max_links; ++links) {
        std::error_code none;
        const fs::path target = fs::read_symlink(path, none);
        if (none)
            break;
        path = path.parent_path() / target;
    }
    return path;
}

}  // namespace

net::Status enter_client_landlock(const std::vector<std::string>& output_files) {
    using enum FileRight;
    LandlockRules rules;
    rules.denied_files =
        rights({execute, write_file, remove_dir, remove_file, make_char, make_dir, make_reg,
                make_sock, make_fifo, make_block, make_sym, refer, truncate});
    const std::uint64_t to_write = rights({write_file, truncate});
    const std::uint64_t to_replace = to_write | rights({make_reg, remove_file});
    rules.exceptions.push_back({"/dev/null", to_write});
    for (const std::string& file : output_files) {
        const fs::path path = behind_links(file);
        const fs::path folder = path.parent_path();
        rules.exceptions.push_back({file, to_write});  // a device, or what a descriptor writes to
        rules.exceptions.push_back({folder.empty() ? "." : folder, to_replace});
    }
    return enter_landlock(rules);
}

net::Status enter_client_seccomp() {
    return load_filter(SCMP_ACT_ALLOW, add_client_rules);
}

}  // namespace sockbox::serve

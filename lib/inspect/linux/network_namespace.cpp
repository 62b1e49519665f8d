// Network namespaces by /proc/PID/ns/net and SIOCGSKNS, entered by setns on a thread of their own.
#include "inspect/network_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "system/thread.h"

namespace sockbox::net {

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
    return from(Socket(::open(fmt::format("/proc/{}/ns/net", pid).c_str(), O_RDONLY | O_CLOEXEC)));
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

// Other processes on this machine, the sockets they hold, and network namespaces.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

// Our own descriptor for a socket of another process.
struct SharedSocket {
    Socket socket;            // owns the descriptor
    std::uint64_t inode = 0;  // see inode_of()
};

// Another process, whose sockets can be listed and duplicated without stopping or changing it. An
// object refers to the same process for its whole lifetime, even if the process ID is reused
// (pidfd_open(2)). If its first thread has ended, it is accessed through another one (Linux 6.9).
// Linux only: elsewhere open() fails with std::errc::not_supported. Access to the sockets requires
// the same user or CAP_SYS_PTRACE (ptrace(2), access mode checks). Methods may be called from any
// thread.
//
//     const auto process = HostProcess::open(pid);
//     if (!process)
//         return fail(process.error());
//     const auto done = process->each_descriptor([&](int descriptor) {
//         if (process->socket_inode(descriptor).value_or(0) != 0)
//             if (const auto shared = process->duplicate(descriptor))
//                 look(shared->socket);  // closed right afterwards
//         return true;
//     });
class HostProcess {
  public:
    // Fails if there is no such process, or if the number is a thread's; the error explains which.
    static Result<HostProcess> open(int pid);

    // The process ID.
    int pid() const noexcept { return pid_; }
    // The result of process_name() when it was opened.
    const std::string& name() const noexcept { return name_; }

    // Calls `use` for each of its open descriptors, in ascending order, until `use` returns false.
    // Does not examine them, which costs several times as much: see socket_inode(). Memory does
    // not grow with their number. Fails without permission, if the process has ended or ends
    // meanwhile, and with EBADF if it is a kernel thread.
    Status each_descriptor(const std::function<bool(int descriptor)>& use) const;

    // The inode_of() the socket that the descriptor refers to: 0 if it is no socket, nullopt if it
    // is not open, or without permission. Opens nothing.
    std::optional<std::uint64_t> socket_inode(int descriptor) const;

    // Duplicates a descriptor (pidfd_getfd(2), Linux 5.6). The duplicate keeps the socket open: as
    // long as it exists, closing the socket in its own process sends no FIN, so close it soon.
    // Fails without permission, or if the descriptor is not open in that process or not a socket.
    Result<SharedSocket> duplicate(int descriptor) const;
    // The same for a descriptor at which socket_inode() has just found a socket: saves looking
    // again. If the number was reused since, the duplicate is what is there now.
    Result<Socket> duplicate_found(int descriptor) const;

    // Whether the descriptor still refers to this very socket, rather than to another that reuses
    // the number. Compares inodes, and SO_COOKIE, which is unique among all sockets since boot
    // (Linux 4.12).
    bool holds(int descriptor, const Socket& socket) const;

    // Fails with ESRCH as soon as the process begins to end, which is before it closes its
    // descriptors: a descriptor that is missing may have been closed by that.
    Status check_alive() const;

  private:
    HostProcess(int pid, std::string name, std::string proc, Socket handle, Socket descriptors)
        : pid_(pid),
          name_(std::move(name)),
          proc_(std::move(proc)),
          handle_(std::move(handle)),
          descriptors_(std::move(descriptors)) {}

    int pid_;
    std::string name_;
    std::string proc_;  // the folder in /proc of the process or thread
    Socket handle_;     // a pidfd
    // Its folder fd in /proc. Opened at once, because a thread with a descriptor table of its own
    // has only what was open before (see separate_descriptors()).
    Socket descriptors_;
};

// The inode of a socket, which no other one has while it exists; 0 if it is not a socket, and on
// Windows.
std::uint64_t inode_of(const Socket& socket);

// SO_COOKIE, which is unique among all sockets since boot; 0 before Linux 4.12, and on Windows.
std::uint64_t cookie_of(const Socket& socket);

// The IDs of all current processes, ascending. Fails if /proc is not mounted, and on Windows.
Result<std::vector<int>> process_ids();

// A network namespace (network_namespaces(7)), kept alive by this object. Linux only: elsewhere
// every function fails with std::errc::not_supported.
class NetworkNamespace {
  public:
    // The namespace of the calling thread.
    static Result<NetworkNamespace> own();
    // The namespace that the process is in, as most of its sockets are. Requires ptrace access to
    // the process, as HostProcess does.
    static Result<NetworkNamespace> of_process(int pid);
    // The namespace that the socket was created in. Requires CAP_NET_ADMIN there.
    static Result<NetworkNamespace> of_socket(const Socket& socket);

    // The inode of the namespace: equal for the same namespace, and unique among those that exist.
    std::uint64_t id() const noexcept { return id_; }

    // Runs `work` on a new thread inside the namespace and waits until it has finished. Requires
    // CAP_SYS_ADMIN (setns(2)); without it, fails and does not run `work`.
    Status run(const std::function<void()>& work) const;

  private:
    NetworkNamespace(Socket handle, std::uint64_t id) : handle_(std::move(handle)), id_(id) {}
    static Result<NetworkNamespace> from(Socket handle);

    Socket handle_;  // a descriptor of the namespace
    std::uint64_t id_;
};

}  // namespace sockbox::net

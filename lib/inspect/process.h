// Another process of this machine, the sockets that it holds, and network namespaces.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

// A descriptor of a process that is a socket.
struct HeldSocket {
    int descriptor;
    std::uint64_t inode;  // the socket's own number on this machine
};

// A descriptor of ours for a socket of a process.
struct SharedSocket {
    Socket socket;
    std::uint64_t inode = 0;  // as HeldSocket has it
};

// Linux only: elsewhere open() fails with std::errc::not_supported. Nothing here stops or changes
// the process. It stays the same one while this object lives, whoever gets its number later.
class HostProcess {
  public:
    // Fails where there is no such process, where the number is a thread's, and says so.
    static Result<HostProcess> open(int pid);

    int pid() const noexcept { return pid_; }
    // As process_name() told when it was opened.
    const std::string& name() const noexcept { return name_; }

    // Hands over each socket that it holds, in the order of their descriptors, until `use` returns
    // false; memory does not grow with their number. Fails without the right to look, where the
    // process has ended or ends meanwhile, and with EBADF where it is a kernel thread.
    Status each_socket(const std::function<bool(const HeldSocket&)>& use) const;

    // A duplicate of its descriptor, which keeps the socket open until it is closed: close it soon,
    // or the owner's own close sends no FIN. Fails where it is not open there or not a socket.
    Result<SharedSocket> duplicate(int descriptor) const;

    // Whether its descriptor still is that socket and no other that came after it: by SO_COOKIE,
    // which no two sockets ever have.
    bool holds(int descriptor, const Socket& socket) const;

    // Fails with ESRCH once the process ends, which begins before it gives up its descriptors: what
    // was not there earlier may have been closed by that.
    Status check_alive() const;

  private:
    HostProcess(int pid, std::string name, Socket handle);

    int pid_;
    std::string name_;
    Socket handle_;  // a pidfd
};

// The number that HeldSocket::inode has for this socket; 0 where the system has none.
std::uint64_t inode_of(const Socket& socket);

// All processes that there are now, ascending; fails where they cannot be listed.
Result<std::vector<int>> process_ids();

// Linux only: elsewhere none can be had (std::errc::not_supported).
class NetworkNamespace {
  public:
    static Result<NetworkNamespace> own();
    // Of the process itself: its sockets are mostly of it, too. Takes the right to look into the
    // process.
    static Result<NetworkNamespace> of_process(int pid);
    // The one a socket was made in; takes CAP_NET_ADMIN there.
    static Result<NetworkNamespace> of_socket(const Socket& socket);

    // Unlike that of any other that exists; the same for the same namespace.
    std::uint64_t id() const noexcept { return id_; }

    // Runs `work` on a thread that is inside the namespace, and waits for its end. Takes
    // CAP_SYS_ADMIN; without it `work` is not run.
    Status run(const std::function<void()>& work) const;

  private:
    NetworkNamespace(Socket handle, std::uint64_t id) : handle_(std::move(handle)), id_(id) {}
    static Result<NetworkNamespace> from(Socket handle);

    Socket handle_;  // a descriptor of the namespace
    std::uint64_t id_;
};

}  // namespace sockbox::net

// Another process of this machine, and the sockets that it holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/result.h"
#include "net/socket.h"

namespace sockbox::net {

// A descriptor of a process that is a socket.
struct HeldSocket {
    int descriptor;
    std::uint64_t inode;  // the socket's own number on this machine
};

// Linux only: elsewhere open() fails with std::errc::not_supported. Nothing here stops or changes
// the process. It stays the same one while this object lives, whoever gets its number later.
class HostProcess {
  public:
    // Fails where there is no such process, where the number is a thread's, and says so.
    static Result<HostProcess> open(int pid);

    int pid() const noexcept { return pid_; }
    // As the kernel knows it, at most 15 bytes; whatever the process likes, so escape it.
    const std::string& name() const noexcept { return name_; }

    // In the order of their descriptors. Fails without the right to look, and where the process
    // has ended.
    Result<std::vector<HeldSocket>> sockets() const;

    // A duplicate of its descriptor, which keeps the socket open until it is closed: close it soon,
    // or the owner's own close sends no FIN. Fails where it is not open there or not a socket.
    Result<Socket> duplicate(int descriptor) const;

    // Whether its network namespace is not ours; interfaces have other names and numbers there.
    bool in_other_namespace() const;

  private:
    HostProcess(int pid, std::string name, Socket handle);

    int pid_;
    std::string name_;
    Socket handle_;  // a pidfd
};

// The number that HeldSocket::inode has for this socket; 0 where the system has none.
std::uint64_t inode_of(const Socket& socket);

// All processes that there are now, ascending; empty where they cannot be listed.
std::vector<int> process_ids();

}  // namespace sockbox::net

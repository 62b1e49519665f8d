// Network namespaces: whose sockets are in which, and work done inside of one.
#pragma once

#include <cstdint>
#include <functional>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

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

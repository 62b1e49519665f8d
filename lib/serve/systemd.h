// The two systemd protocols of a service: socket activation and state notification.
#pragma once

#include <optional>
#include <string_view>

#include "serve/listeners.h"

namespace sockbox::serve {

// The sockets passed by the parent process (sd_listen_fds(3)), ready to serve; nullopt if there are
// none. Removes LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES from the environment, so that child
// processes do not take the sockets for their own. Fails if one of them is neither a listening TCP
// socket nor a bound UDP socket, or has an option set that rules out an echo; and with
// std::errc::invalid_argument if a variable is not a number. `prepare` (may be empty) is called for
// each.
net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& prepare);

// Fails with std::errc::invalid_argument if LISTEN_FDS or LISTEN_PID is set, but not to a number.
net::Status check_passed_sockets();

// Reports the state of this process to the service manager (sd_notify(3)).
class StateNotice {
  public:
    // Reports to no one.
    StateNotice() = default;

    // Connects to NOTIFY_SOCKET and removes it from the environment; without it, notify() does
    // nothing. Fails if it does not name an existing socket, which need not stop a service.
    static net::Result<StateNotice> open();

    // Sends a state such as "READY=1". Never blocks: it is lost if the manager is gone or its
    // receive queue is full.
    void notify(std::string_view state) noexcept;

  private:
    explicit StateNotice(net::Socket socket) noexcept : socket_(std::move(socket)) {}

    net::Socket socket_;
};

}  // namespace sockbox::serve

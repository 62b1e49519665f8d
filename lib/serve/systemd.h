// The two protocols of systemd that a service speaks: taking sockets over, and telling its state.
#pragma once

#include <optional>
#include <string_view>

#include "serve/listeners.h"

namespace sockbox::serve {

// The sockets that whoever started this process handed it (sd_listen_fds(3)), ready to serve; none
// where it did not. Then LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES are taken out of the
// environment, so that no child takes the sockets for its own. Fails where one is neither a
// listening TCP nor a bound UDP socket. `prepare` (may be empty) is called for each.
net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& prepare);

// Where the service manager hears of this process (sd_notify(3)), from NOTIFY_SOCKET.
class StateNotice {
  public:
    // Tells nobody where there is no such variable. Fails where it names no socket that is there.
    static net::Result<StateNotice> open();

    // "READY=1" and the like; lost where the manager is gone. Never blocks for long.
    void tell(std::string_view state) noexcept;

  private:
    explicit StateNotice(net::Socket socket) noexcept : socket_(std::move(socket)) {}

    net::Socket socket_;
};

}  // namespace sockbox::serve

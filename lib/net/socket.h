// An owning socket class, whose methods are the system calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "net/endpoint.h"
#include "system/clock.h"
#include "system/platform.h"
#include "system/result.h"

namespace sockbox::net {

class StopSignal;

enum class Transport : std::uint8_t { tcp, udp };

// The result of one send, receive or connect. Unlike Result it allocates nothing, since would_block
// is an ordinary outcome on a non-blocking socket.
struct Transfer {
    enum class State : std::uint8_t {
        done,         // `bytes` were transferred; a datagram is transferred whole and may have 0
        would_block,  // try again when the socket is ready (poll(2))
        end,          // EOF: the peer has shut down its sending side (streams only)
        failed,       // see `error`
    };
    State state = State::done;
    std::size_t bytes = 0;
    std::error_code error;

    bool done() const noexcept { return state == State::done; }
    bool would_block() const noexcept { return state == State::would_block; }
    bool end() const noexcept { return state == State::end; }
    bool failed() const noexcept { return state == State::failed; }
};

struct Datagram {
    Transfer transfer;
    Endpoint source;
    bool truncated = false;  // the buffer was too small; the rest of the datagram is lost
};

enum class ShutdownHow : std::uint8_t { receive, send, both };

// Owns a socket and closes it. Methods may be called from any thread, but not close(), abort() or
// the destructor while another thread uses the socket, as with any descriptor. New sockets are in
// blocking mode and are not inherited by child processes. Calls interrupted by a signal are
// repeated.
//
//     auto socket = Socket::open(Family::ipv4, Transport::udp);
//     if (!socket)
//         return fail(socket.error());
//     const Transfer sent = socket->send_to(data, destination);
//     if (sent.failed())
//         return fail({sent.error, "send", destination.to_string(), {}, {}});
class Socket {
  public:
    Socket() noexcept = default;
    explicit Socket(NativeSocket owned) noexcept : native_(owned) {}
    Socket(Socket&& other) noexcept : native_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    // socket(2), by family and transport or by the system's own numbers (AF_…, SOCK_…, IPPROTO_…).
    static Result<Socket> open(Family family, Transport transport);
    static Result<Socket> open(int family, int type, int protocol);

    bool valid() const noexcept { return native_ != invalid_socket; }
    NativeSocket native() const noexcept { return native_; }
    NativeSocket release() noexcept { return std::exchange(native_, invalid_socket); }
    void close() noexcept;
    // Closes a TCP connection with a reset (RST): SO_LINGER with a timeout of 0, socket(7).
    void abort() noexcept;

    Status bind(const Endpoint& endpoint);
    Status listen(int backlog);
    // On a blocking socket, blocks until connected. would_block means that the connection is in
    // progress: on a non-blocking socket, or after a signal interrupted the call. Wait until the
    // socket can send, then check take_error().
    Transfer connect(const Endpoint& endpoint) noexcept;
    Status shutdown(ShutdownHow how);
    Status set_blocking(bool blocking);

    // On a blocking socket these block. A stream may transfer fewer bytes than given (see
    // send_all()). Sending on a broken connection never raises SIGPIPE.
    Transfer send(std::span<const std::byte> data) noexcept;
    Transfer receive(std::span<std::byte> into) noexcept;
    Transfer send_to(std::span<const std::byte> data, const Endpoint& destination) noexcept;
    Datagram receive_from(std::span<std::byte> into) noexcept;

    Result<Endpoint> local() const;  // getsockname
    Result<Endpoint> peer() const;   // getpeername
    // Returns and clears the pending error (SO_ERROR in socket(7)); no error if there is none.
    std::error_code take_error() noexcept;

    // getsockopt(2) and setsockopt(2) of an int.
    Result<int> option(int level, int name) const;
    Status set_option(int level, int name, int value);

  private:
    NativeSocket native_ = invalid_socket;
};

struct Accepted {
    Transfer transfer;  // would_block: no connection is pending
    Socket socket;
    Endpoint peer;
};
// Accepts the next connection from a listener; blocks if the listener is in blocking mode.
// `blocking` is the mode of the new socket.
Accepted accept(const Socket& listener, bool blocking) noexcept;

enum class Readiness : std::uint8_t { ready, timed_out, stopped };

enum class Direction : std::uint8_t { receive, send };

// Blocks until the socket can receive (or send) without blocking, the deadline has passed, or
// `stop` (may be null) is raised. `stopped` takes precedence over `ready`. A socket with an error
// or whose peer is gone counts as ready, since the next transfer reports that.
Readiness wait_for(const Socket& socket, Direction direction, Deadline deadline,
                   const StopSignal* stop = nullptr);

}  // namespace sockbox::net

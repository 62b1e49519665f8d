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

// The transport protocol of a socket.
enum class Transport : std::uint8_t { tcp, udp };

// The result of one send, receive or connect. Unlike Result it allocates nothing, since would_block
// is an ordinary outcome on a non-blocking socket.
struct Transfer {
    // How it went.
    enum class State : std::uint8_t {
        done,         // `bytes` were transferred; a datagram is transferred whole and may have 0
        would_block,  // try again when the socket is ready (poll(2))
        end,          // EOF: the peer has shut down its sending side (streams only)
        failed,       // see `error`
    };
    State state = State::done;  // how it went
    std::size_t bytes = 0;      // transferred; 0 unless done
    std::error_code error;      // no error unless failed

    // The same as comparing `state`.
    bool done() const noexcept { return state == State::done; }
    bool would_block() const noexcept { return state == State::would_block; }
    bool end() const noexcept { return state == State::end; }
    bool failed() const noexcept { return state == State::failed; }
};

// The result of receiving a datagram.
struct Datagram {
    Transfer transfer;       // `bytes` is the length of what is in the buffer
    Endpoint source;         // the address of the sender, if it is done
    bool truncated = false;  // the buffer was too small; the rest of the datagram is lost
};

// Which direction of a connection is shut down (shutdown(2)).
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
    // Owns this socket from now on; or none, if it is invalid_socket.
    explicit Socket(NativeSocket owned) noexcept : native_(owned) {}
    Socket(Socket&& other) noexcept : native_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    // socket(2), by family and transport or by the system's own numbers (AF_…, SOCK_…, IPPROTO_…).
    static Result<Socket> open(Family family, Transport transport);
    static Result<Socket> open(int family, int type, int protocol);

    // Whether it owns a socket, and which.
    bool valid() const noexcept { return native_ != invalid_socket; }
    NativeSocket native() const noexcept { return native_; }
    // Gives up the socket without closing it, and returns it.
    NativeSocket release() noexcept { return std::exchange(native_, invalid_socket); }
    // Closes the socket, if there is one.
    void close() noexcept;
    // Closes a TCP connection with a reset (RST): SO_LINGER with a timeout of 0, socket(7).
    void abort() noexcept;

    // bind(2) and listen(2). `backlog` limits the connections that wait to be accepted.
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

// The result of accept().
struct Accepted {
    Transfer transfer;  // would_block: no connection is pending
    Socket socket;      // invalid unless a connection was accepted
    Endpoint peer;      // the address of its other end
};
// Accepts the next connection from a listener; blocks if the listener is in blocking mode.
// `blocking` is the mode of the new socket.
Accepted accept(const Socket& listener, bool blocking) noexcept;

// How a wait ended.
enum class Readiness : std::uint8_t { ready, timed_out, stopped };

// What a socket is to be ready for.
enum class Direction : std::uint8_t { receive, send };

// Blocks until the socket can receive (or send) without blocking, the deadline has passed, or
// `stop` (may be null) is raised. `stopped` takes precedence over `ready`. A socket with an error
// or whose peer is gone counts as ready, since the next transfer reports that.
Readiness wait_for(const Socket& socket, Direction direction, Deadline deadline,
                   const StopSignal* stop = nullptr);

}  // namespace sockbox::net

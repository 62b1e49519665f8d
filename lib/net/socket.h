// A socket that closes itself, with the system calls as methods.
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

// What one transfer did. Allocates nothing: would-block is an ordinary answer here.
struct Transfer {
    enum class State : std::uint8_t {
        done,         // `bytes` were moved; for a datagram all of it, 0 included
        would_block,  // nothing now, ask again when ready
        end,          // the peer sends no more (streams only)
        failed,       // `error` says why
    };
    State state = State::done;
    std::size_t bytes = 0;
    std::error_code error;

    bool done() const noexcept { return state == State::done; }
    bool would_block() const noexcept { return state == State::would_block; }
    bool end() const noexcept { return state == State::end; }
    bool failed() const noexcept { return state == State::failed; }
};

// A received datagram: where it came from and whether the buffer was too small for all of it.
struct Datagram {
    Transfer transfer;
    Endpoint source;
    bool truncated = false;
};

enum class ShutdownHow : std::uint8_t { receive, send, both };

// Owns a descriptor; moved from, it owns none. Methods may be called from any thread, but closing
// a socket that another thread is using is the caller's fault, as with any descriptor. All sockets
// made here are blocking at first and are not inherited by child processes.
class Socket {
  public:
    Socket() noexcept = default;
    explicit Socket(NativeSocket owned) noexcept : native_(owned) {}
    Socket(Socket&& other) noexcept : native_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    // socket(2) by family and transport, or by the system's own numbers.
    static Result<Socket> open(Family family, Transport transport);
    static Result<Socket> open(int family, int type, int protocol);

    bool valid() const noexcept { return native_ != invalid_socket; }
    NativeSocket native() const noexcept { return native_; }
    NativeSocket release() noexcept { return std::exchange(native_, invalid_socket); }
    void close() noexcept;
    // Closes so that the peer gets a reset (SO_LINGER with a time of 0).
    void abort() noexcept;

    Status bind(const Endpoint& endpoint);
    Status listen(int backlog);
    // Blocks until connected, unless the socket is non-blocking: then would_block means under way.
    Transfer connect(const Endpoint& endpoint) noexcept;
    Status shutdown(ShutdownHow how);
    Status set_blocking(bool blocking);

    Transfer send(std::span<const std::byte> data) noexcept;
    Transfer receive(std::span<std::byte> into) noexcept;
    Transfer send_to(std::span<const std::byte> data, const Endpoint& destination) noexcept;
    Datagram receive_from(std::span<std::byte> into) noexcept;

    Result<Endpoint> local() const;  // getsockname
    Result<Endpoint> peer() const;   // getpeername
    // SO_ERROR, which reading clears; success when there is none.
    std::error_code take_error() noexcept;

    // getsockopt and setsockopt of one int.
    Result<int> option(int level, int name) const;
    Status set_option(int level, int name, int value);

  private:
    NativeSocket native_ = invalid_socket;
};

// The next connection of a listener, or why there is none. would_block: nobody waits.
struct Accepted {
    Transfer transfer;
    Socket socket;
    Endpoint peer;
};
Accepted accept(const Socket& listener, bool blocking) noexcept;

enum class Readiness : std::uint8_t { ready, timed_out, stopped };

enum class Direction : std::uint8_t { receive, send };

// Waits until the socket can receive (or send) without blocking, has failed, or its peer is gone;
// until the deadline; or until `stop` (may be null) is raised, which wins.
Readiness wait_for(const Socket& socket, Direction direction, Deadline deadline,
                   const StopSignal* stop = nullptr);

}  // namespace sockbox::net

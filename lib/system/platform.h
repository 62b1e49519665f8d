// The platform layer: the types and functions that differ between Linux and Windows.
//
// Each function is defined in linux/platform.cpp and windows/platform.cpp (error codes:
// windows/errors.cpp). Calls with the same form on both (bind, listen, getsockopt …) are used
// directly. Unless stated otherwise, functions may be called from any thread, and a failure's code
// is last_error().
#pragma once

#ifdef _WIN32
#include <winsock2.h>
// These must follow winsock2.h.
#include <mstcpip.h>
#include <mswsock.h>
#include <netioapi.h>
#include <windows.h>
#include <ws2tcpip.h>
#undef interface  // macros of the Windows headers that clash with ordinary names
#undef small
#undef near
#undef far
#else
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace sockbox::net {

#ifdef _WIN32
using NativeSocket = SOCKET;
using SocketLength = int;
using IoLength = int;
using PollEntry = WSAPOLLFD;
inline constexpr int send_flags = 0;
inline constexpr int shutdown_receive = SD_RECEIVE;
inline constexpr int shutdown_send = SD_SEND;
inline constexpr int shutdown_both = SD_BOTH;
#else
using NativeSocket = int;                         // a descriptor
using SocketLength = socklen_t;                   // of an address
using IoLength = std::size_t;                     // of data
using PollEntry = pollfd;                         // of poll(2)
inline constexpr int send_flags = MSG_NOSIGNAL;   // EPIPE instead of SIGPIPE
inline constexpr int shutdown_receive = SHUT_RD;  // for shutdown(2)
inline constexpr int shutdown_send = SHUT_WR;     // likewise
inline constexpr int shutdown_both = SHUT_RDWR;   // likewise
#endif

// Returned in place of a socket by a call that fails; on Windows the type is unsigned.
inline constexpr NativeSocket invalid_socket = static_cast<NativeSocket>(-1);

}  // namespace sockbox::net

namespace sockbox::net::platform {

// Initializes the socket library: WSAStartup on Windows. Must be called before the first socket or
// lookup; may be called again and from any thread.
std::error_code start() noexcept;

// The error of the calling thread's last failed socket call (errno, WSAGetLastError). Can be
// compared with std::errc.
std::error_code last_error() noexcept;

// The system's own code for a condition that was detected without a system call, such as a deadline
// that has passed, so that it has a symbol and is printed like the system's errors.
std::error_code error_of(std::errc condition) noexcept;

// The category of the codes of last_error(), for codes obtained in another way (SO_ERROR, a
// completion).
const std::error_category& error_category() noexcept;

// The symbol of a code of error_category(), such as "ECONNREFUSED"; empty if it has none.
std::string_view error_symbol(int code) noexcept;

// Whether the code means that the call would have blocked, or that a connect is in progress.
bool would_block(int code) noexcept;

// Opens a socket in blocking mode, which child processes do not inherit; invalid_socket on failure.
NativeSocket open_socket(int family, int type, int protocol) noexcept;

// Accepts a connection, which child processes do not inherit; invalid_socket on failure. `blocking`
// is the mode of the new socket. `peer` and `length` may be null.
NativeSocket accept_socket(NativeSocket listener, sockaddr* peer, SocketLength* length,
                           bool blocking) noexcept;

// Closes a socket. Never blocks, except for SO_LINGER.
void close_socket(NativeSocket socket) noexcept;

// Puts a socket into blocking or non-blocking mode. False on failure.
bool set_blocking(NativeSocket socket, bool blocking) noexcept;

// To be called before binding a TCP server socket: it can then bind its port immediately after a
// restart, and no other program can share it. This is SO_REUSEADDR on Linux (socket(7)), but
// SO_EXCLUSIVEADDRUSE on Windows, where SO_REUSEADDR would let another process take over the port.
bool claim_address(NativeSocket socket) noexcept;

// Makes a bind to port 0 leave the choice of the port to connect(), which may use a port that other
// connections use, as long as their destinations differ (IP_BIND_ADDRESS_NO_PORT in ip(7)). On a
// system without this option, each connection takes a port of its own.
void defer_port_choice(NativeSocket socket) noexcept;

// Receives a datagram and returns its length, or -1 on failure. `truncated` is set if it was longer
// than `into`, which is not a failure on any platform.
std::ptrdiff_t receive_from(NativeSocket socket, std::span<std::byte> into, sockaddr* source,
                            SocketLength* length, bool& truncated) noexcept;

// poll(2). A negative timeout waits indefinitely. Returns the number of ready entries, or -1.
int poll(std::span<PollEntry> entries, int timeout_ms) noexcept;

// Read and write standard streams and files, by descriptor of the C library. They repeat
// interrupted calls, and block even if the descriptor is non-blocking. They return the number of
// bytes transferred, which may be fewer than given, 0 at EOF, or -1 on failure: see
// last_file_error().
std::ptrdiff_t read_file(int file, std::span<std::byte> into) noexcept;
std::ptrdiff_t write_file(int file, std::span<const std::byte> from) noexcept;
std::error_code last_file_error() noexcept;

// Opens a file for reading, which child processes do not inherit; -1 on failure.
int open_file(const std::string& path) noexcept;
void close_file(int file) noexcept;

// Prepares the standard streams: on Windows, makes the console use UTF-8; on Linux, opens those
// that are closed, whose numbers sockets would otherwise get. To be called before any descriptor is
// opened.
void prepare_standard_streams() noexcept;

// Whether the file is a terminal, for a descriptor of the C library.
bool is_terminal(int file) noexcept;

// The width of the terminal that `file` refers to; 80 if it is not a terminal.
std::size_t terminal_columns(int file) noexcept;
// Likewise its height; 24 if it is not a terminal.
std::size_t terminal_rows(int file) noexcept;

// Ignores SIGPIPE: writing to a pipe or socket without a reader fails with EPIPE instead of ending
// the process. Does nothing on Windows.
void ignore_broken_pipes() noexcept;

// Ignores SIGXFSZ: writing beyond the file size limit (RLIMIT_FSIZE) fails with EFBIG instead of
// ending the process. A program started by exec inherits this unless the signal is restored. Does
// nothing on Windows.
void ignore_file_size_signal() noexcept;

// Raises the limit on open descriptors to the hard limit (RLIMIT_NOFILE). Does nothing on Windows.
void raise_descriptor_limit() noexcept;

// The command line in UTF-8, starting with the program's name; empty if main() got none.
std::vector<std::string> arguments(int argc, char** argv);

}  // namespace sockbox::net::platform

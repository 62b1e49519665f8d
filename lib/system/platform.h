// The operating system as the rest of sockbox sees it: the one header that knows which one it is.
//
// Everything below has one definition a system, in platform_linux.cpp and platform_windows.cpp.
// The calls that both systems spell alike (bind, listen, getsockopt, …) need none.
#pragma once

#ifdef _WIN32
#include <winsock2.h>
// winsock2.h has to come before these.
#include <mstcpip.h>
#include <mswsock.h>
#include <netioapi.h>
#include <windows.h>
#include <ws2tcpip.h>
#undef interface  // words that its headers take from everybody
#undef small
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
using NativeSocket = int;
using SocketLength = socklen_t;
using IoLength = std::size_t;
using PollEntry = pollfd;
inline constexpr int send_flags = MSG_NOSIGNAL;  // a reset peer is an answer, not a SIGPIPE
inline constexpr int shutdown_receive = SHUT_RD;
inline constexpr int shutdown_send = SHUT_WR;
inline constexpr int shutdown_both = SHUT_RDWR;
#endif

// What a failed call returns in place of a socket; on Windows the type is unsigned.
inline constexpr NativeSocket invalid_socket = static_cast<NativeSocket>(-1);

}  // namespace sockbox::net

namespace sockbox::net::platform {

// Readies the system's socket library; safe to call again and from any thread.
std::error_code start() noexcept;

// The error of this thread's latest failed socket call; compares with std::errc.
std::error_code last_error() noexcept;

// The system's own code for a condition that was found here and not by a call, such as a deadline
// that passed; so it has a symbol and prints as the system's do.
std::error_code error_of(std::errc condition) noexcept;

// The category of last_error()'s codes, for codes that come another way (SO_ERROR, a completion).
const std::error_category& error_category() noexcept;

// The system's name of one of its own codes, such as "ECONNREFUSED"; empty where it has none.
std::string_view error_symbol(int code) noexcept;

// Whether a code says that the call would have blocked, or that a connect is under way.
bool would_block(int code) noexcept;

// A new blocking socket that no child process inherits, or invalid_socket.
NativeSocket open_socket(int family, int type, int protocol) noexcept;

// The next connection, likewise not inherited, its blocking mode as asked. `peer` and `length`
// may be null.
NativeSocket accept_socket(NativeSocket listener, sockaddr* peer, SocketLength* length,
                           bool blocking) noexcept;

void close_socket(NativeSocket socket) noexcept;

bool set_blocking(NativeSocket socket, bool blocking) noexcept;

// Lets a server take a port again at once after its predecessor's end, and keeps every other
// program off it: SO_REUSEADDR on Linux; SO_EXCLUSIVEADDRUSE on Windows, where SO_REUSEADDR would
// let another process take the port over.
bool claim_address(NativeSocket socket) noexcept;

// Lets a bind to an address without a port leave the choice of the port to connect(), which may
// take one that other connections have, as long as they lead elsewhere (IP_BIND_ADDRESS_NO_PORT).
// A system that does not know this takes a port of its own for each.
void choose_port_late(NativeSocket socket) noexcept;

// Receives a datagram; -1 on failure. `truncated` tells that it was longer than `into`, which is
// no failure on any platform.
std::ptrdiff_t receive_from(NativeSocket socket, std::span<std::byte> into, sockaddr* source,
                            SocketLength* length, bool& truncated) noexcept;

// poll(2); a timeout below zero waits without bound. Returns the number of ready entries, or -1.
int poll(std::span<PollEntry> entries, int timeout_ms) noexcept;

// Standard streams and files, by descriptor of the C library. Both try again when interrupted, and
// wait where a descriptor is non-blocking. They return the bytes moved, 0 at the end of the input,
// or -1: then last_file_error() says why.
std::ptrdiff_t read_file(int file, std::span<std::byte> into) noexcept;
std::ptrdiff_t write_file(int file, std::span<const std::byte> from) noexcept;
std::error_code last_file_error() noexcept;

// Opens a file for reading; -1 on failure. No child process inherits it.
int open_file(const std::string& path) noexcept;
void close_file(int file) noexcept;

// Makes the standard streams carry bytes unchanged, and arguments and text UTF-8. On Linux it also
// takes the numbers of those that are closed, which the next socket would get.
void use_binary_streams() noexcept;

bool is_terminal(int file) noexcept;

// The width of the terminal that the file is; 80 if it is none.
std::size_t terminal_columns(int file) noexcept;

// Makes writing to a pipe or socket whose reader is gone an error to look at, where it would
// otherwise end the process (SIGPIPE).
void ignore_broken_pipes() noexcept;

// The same of writing to a file beyond the size that the user's limit allows (SIGXFSZ). A program
// that is run in place of this one inherits it, unless the signal is restored.
void ignore_file_size_signal() noexcept;

// Lets this process have as many descriptors as the system grants it.
void raise_descriptor_limit() noexcept;

// The words of the command line in UTF-8, the program's name first; none where main got none.
std::vector<std::string> arguments(int argc, char** argv);

}  // namespace sockbox::net::platform

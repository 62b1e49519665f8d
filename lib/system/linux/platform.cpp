// The platform layer on Linux.
#include "system/platform.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace sockbox::net::platform {
namespace {

// Removes LOCALDOMAIN if it contains a word longer than a domain name can be: an assertion in glibc
// 2.36 would abort the process.
void drop_impossible_search_list() noexcept {
    constexpr std::size_t longest = 255;
    std::size_t length = 0;
    const char* list = std::getenv("LOCALDOMAIN");
    for (; list != nullptr && *list != '\0'; ++list) {
        length = *list == ' ' || *list == '\t' ? 0 : length + 1;
        if (length > longest) {
            ::unsetenv("LOCALDOMAIN");
            return;
        }
    }
}

}  // namespace

std::error_code start() noexcept {
    static const bool ready = (drop_impossible_search_list(), true);
    static_cast<void>(ready);
    return {};
}

std::error_code last_error() noexcept {
    return {errno, error_category()};
}

std::error_code error_of(std::errc condition) noexcept {
    return {static_cast<int>(condition), error_category()};
}

const std::error_category& error_category() noexcept {
    return std::system_category();
}

std::string_view error_symbol(int code) noexcept {
    const char* name = strerrorname_np(code);
    return name != nullptr ? name : "";
}

bool would_block(int code) noexcept {
    return code == EAGAIN || code == EWOULDBLOCK || code == EINPROGRESS;
}

NativeSocket open_socket(int family, int type, int protocol) noexcept {
    return ::socket(family, type | SOCK_CLOEXEC, protocol);
}

NativeSocket accept_socket(NativeSocket listener, sockaddr* peer, SocketLength* length,
                           bool blocking) noexcept {
    return ::accept4(listener, peer, length, SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK));
}

void close_socket(NativeSocket socket) noexcept {
    ::close(socket);
}

bool set_blocking(NativeSocket socket, bool blocking) noexcept {
    const int flags = ::fcntl(socket, F_GETFL);
    if (flags < 0)
        return false;
    const int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    return wanted == flags || ::fcntl(socket, F_SETFL, wanted) == 0;
}

bool claim_address(NativeSocket socket) noexcept {
    const int on = 1;
    return ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

void defer_port_choice(NativeSocket socket) noexcept {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);  // also for IPv6
}

std::ptrdiff_t receive_from(NativeSocket socket, std::span<std::byte> into, sockaddr* source,
                            SocketLength* length, bool& truncated) noexcept {
    iovec part{into.data(), into.size()};
    msghdr message{};
    message.msg_name = source;
    message.msg_namelen = *length;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const std::ptrdiff_t got = ::recvmsg(socket, &message, 0);
    *length = message.msg_namelen;
    truncated = got >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
    return got;
}

int poll(std::span<PollEntry> entries, int timeout_ms) noexcept {
    return ::poll(entries.data(), entries.size(), timeout_ms);
}

namespace {

// Whether to repeat a transfer that failed: after a signal, or once the descriptor is ready if it
// is non-blocking. Another process may have made it so: the flag belongs to the open file
// description, which processes share if one inherited its terminal or pipe from the other
// (fcntl(2)).
bool try_again(int file, short event) {
    if (errno == EINTR)
        return true;
    pollfd entry{file, event, 0};
    return would_block(errno) && (::poll(&entry, 1, -1) >= 0 || errno == EINTR);
}

}  // namespace

std::ptrdiff_t read_file(int file, std::span<std::byte> into) noexcept {
    std::ptrdiff_t got = 0;
    do {
        got = ::read(file, into.data(), into.size());
    } while (got < 0 && try_again(file, POLLIN));
    return got;
}

std::ptrdiff_t write_file(int file, std::span<const std::byte> from) noexcept {
    std::ptrdiff_t put = 0;
    do {
        put = ::write(file, from.data(), from.size());
    } while (put < 0 && try_again(file, POLLOUT));
    return put;
}

std::error_code last_file_error() noexcept {
    return last_error();
}

int open_file(const std::string& path) noexcept {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

void close_file(int file) noexcept {
    ::close(file);
}

void prepare_standard_streams() noexcept {
    // Opened in the opposite direction, so that using a stream that was closed still fails with
    // EBADF.
    for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(file, F_GETFD) >= 0)
            continue;
        const int mode = file == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        [[maybe_unused]] const int taken = ::open("/dev/null", mode);
    }
}

bool is_terminal(int file) noexcept {
    return ::isatty(file) == 1;
}

std::size_t terminal_columns(int file) noexcept {
    winsize size{};
    const bool known = ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

std::size_t terminal_rows(int file) noexcept {
    winsize size{};
    const bool known = ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return known ? size.ws_row : 24;
}

void ignore_broken_pipes() noexcept {
    ::signal(SIGPIPE, SIG_IGN);
}

void ignore_file_size_signal() noexcept {
    ::signal(SIGXFSZ, SIG_IGN);
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<std::string> arguments(int argc, char** argv) {
    return {argv, argv + argc};
}

}  // namespace sockbox::net::platform

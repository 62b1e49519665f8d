// Socket activation and notification, which are too simple to need libsystemd.
#include "serve/systemd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/udp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "option/conflict.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::serve {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
constexpr int max_passed = 1024;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

// The number in a variable that is set; 0 if it is not.
net::Result<std::int64_t> number_in(const char* name, std::int64_t lowest, std::int64_t highest) {
    if (std::getenv(name) == nullptr)
        return 0;
    const std::string_view text = variable(name);
    auto number = net::parse_integer(text, lowest, highest);
    if (number)
        return number;
    return net::fail({std::make_error_code(std::errc::invalid_argument),
                      "take sockets",
                      fmt::format("{}={}", name, net::escape(text)),
                      fmt::format("it is not a number from {} to {}", lowest, highest),
                      {}});
}

// The number of sockets passed to this process, not to another one that inherited the variables.
net::Result<int> count_passed() {
    const auto process = number_in("LISTEN_PID", 1, INT_MAX);
    const auto count = number_in("LISTEN_FDS", 0, max_passed);
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name);
    if (!process || !count)
        return net::fail((process ? count : process).error());
    return *process == ::getpid() ? static_cast<int>(*count) : 0;
}

tl::unexpected<net::Error> refuse(int descriptor, std::string why) {
    return net::fail({std::make_error_code(std::errc::invalid_argument),
                      "take socket",
                      fmt::format("LISTEN_FDS descriptor {}", descriptor),
                      std::move(why),
                      {}});
}

// Whether it is a listening TCP or a bound UDP socket.
net::Result<net::Transport> kind_of(const net::Socket& socket) {
    constexpr const char* wanted = "it is neither a listening TCP socket nor a bound UDP socket";
    const auto type = socket.option(SOL_SOCKET, SO_TYPE);
    if (!type)
        return refuse(socket.native(), "it is not a socket");
    const auto local = socket.local();  // fails unless it is an IP socket
    if (!local || local->port() == 0)
        return refuse(socket.native(), wanted);
    const bool listens = socket.option(SOL_SOCKET, SO_ACCEPTCONN).value_or(0) != 0;
    if (*type == SOCK_STREAM && listens)
        return net::Transport::tcp;
    if (*type == SOCK_DGRAM && socket.option(SOL_SOCKET, SO_PROTOCOL).value_or(0) == IPPROTO_UDP)
        return net::Transport::udp;
    return refuse(socket.native(), wanted);
}

// systemd passes the same socket to each start of a service. What this program sets by itself would
// be taken for an option that somebody else has set, and that it cannot serve with.
void forget_previous_server(net::Socket& socket) {
    (void)socket.set_option(IPPROTO_UDP, UDP_GRO, 0);
    (void)socket.set_option(SOL_SOCKET, SO_TIMESTAMPING, 0);
}

net::Status take_one(net::Socket socket, const net::Prepare& prepare, Listeners& into) {
    const auto kind = kind_of(socket);
    if (!kind) {
        static_cast<void>(socket.release());  // not ours to close
        return net::fail(kind.error());
    }
    ::fcntl(socket.native(), F_SETFD, FD_CLOEXEC);
    if (*kind == net::Transport::udp)
        forget_previous_server(socket);
    if (auto usable = net::check_conflicts(socket); !usable)
        return refuse(socket.native(), usable.error().message());
    if (auto ready = prepare_listener(socket, *kind, prepare); !ready)
        return ready;
    if (into.port == 0)
        into.port = socket.local().value_or(net::Endpoint()).port();
    (*kind == net::Transport::tcp ? into.tcp : into.udp).push_back(std::move(socket));
    return {};
}

// The address of a path or, starting with '@', of a name in the abstract namespace (unix(7)).
struct NoticeAddress {
    sockaddr_un address{};
    socklen_t length = 0;
};

std::optional<NoticeAddress> notice_address(std::string_view path) {
    NoticeAddress found;
    if (path.size() < 2 || path.size() >= sizeof found.address.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return std::nullopt;
    found.address.sun_family = AF_UNIX;
    path.copy(found.address.sun_path, path.size());
    if (path[0] == '@')
        found.address.sun_path[0] = '\0';
    found.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    return found;
}

}  // namespace

net::Status check_passed_sockets() {
    for (const auto& number :
         {number_in("LISTEN_PID", 1, INT_MAX), number_in("LISTEN_FDS", 0, max_passed)})
        if (!number)
            return net::fail(number.error());
    return {};
}

net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& prepare) {
    const auto count = count_passed();
    if (!count)
        return net::fail(count.error());
    if (*count == 0)
        return std::nullopt;
    Listeners taken;
    taken.passed = true;
    for (int i = 0; i < *count; ++i)
        if (auto took = take_one(net::Socket(first_passed + i), prepare, taken); !took)
            return net::fail(took.error());
    return taken;
}

net::Result<StateNotice> StateNotice::open() {
    const std::string path(variable("NOTIFY_SOCKET"));
    ::unsetenv("NOTIFY_SOCKET");
    if (path.empty())
        return StateNotice();
    const auto to = notice_address(path);
    if (!to)
        return net::fail_text("NOTIFY_SOCKET '" + net::escape(path) +
                              "' is neither a path nor an '@' name");
    auto socket = net::Socket::open(AF_UNIX, SOCK_DGRAM, 0);
    if (!socket)
        return net::fail(socket.error());
    if (auto mode = socket->set_blocking(false); !mode)
        return net::fail(mode.error());
    // Connect now: later, in the sandbox, the path is inaccessible.
    if (::connect(socket->native(),
                  static_cast<const sockaddr*>(static_cast<const void*>(&to->address)),
                  to->length) != 0)
        return net::fail_last("connect NOTIFY_SOCKET", net::escape(path));
    return StateNotice(std::move(*socket));
}

void StateNotice::notify(std::string_view state) noexcept {
    if (socket_.valid())
        socket_.send(std::as_bytes(std::span(state)));
}

}  // namespace sockbox::serve

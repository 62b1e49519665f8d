// A minimal TCP load client, the lower bound for echo: a single-threaded epoll loop.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

int check(ssize_t result, const char* what) {
    if (result < 0) {
        std::perror(what);
        std::exit(3);
    }
    return static_cast<int>(result);
}

struct Connection {
    int socket;
    std::size_t missing;  // bytes of the current message not received yet
};

int connect_to(std::uint16_t port) {
    const int client = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    check(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect");
    return client;
}

// Sends a whole message; blocks, assuming that the server reads meanwhile.
void send_message(const Connection& connection, const std::vector<char>& message) {
    for (std::size_t done = 0; done < message.size();)
        done += static_cast<std::size_t>(check(
            ::send(connection.socket, message.data() + done, message.size() - done, MSG_NOSIGNAL),
            "send"));
}

// Returns whether the whole message has come back; its bytes are discarded.
bool receive(Connection& connection, std::vector<char>& room) {
    const int got =
        check(::recv(connection.socket, room.data(), connection.missing, MSG_DONTWAIT), "recv");
    if (got == 0) {
        std::fputs("the server closed\n", stderr);
        std::exit(4);
    }
    connection.missing -= static_cast<std::size_t>(got);
    return connection.missing == 0;
}

std::vector<Connection> connect_all(int poller, std::uint16_t port, std::size_t count) {
    std::vector<Connection> connections(count);
    for (Connection& connection : connections) {
        connection = {connect_to(port), 0};
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        check(::epoll_ctl(poller, EPOLL_CTL_ADD, connection.socket, &event), "epoll_ctl");
    }
    return connections;
}

}  // namespace

// Usage: bare_client PORT CONNECTIONS BYTES SECONDS. Sends a message on each connection as soon as
// the previous one has come back, without comparing or timing any; prints how many came back.
int main(int argc, char** argv) {
    if (argc != 5)
        return 1;
    const std::size_t bytes = std::strtoul(argv[3], nullptr, 10);
    const std::vector<char> message(bytes, 'x');
    std::vector<char> room(bytes);
    const int poller = check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    auto connections = connect_all(poller, static_cast<std::uint16_t>(std::atoi(argv[1])),
                                   std::strtoul(argv[2], nullptr, 10));
    const auto end = Clock::now() + std::chrono::duration<double>(std::atof(argv[4]));
    const auto begin_message = [&](Connection& connection) {
        connection.missing = bytes;
        send_message(connection, message);
    };
    for (Connection& connection : connections)
        begin_message(connection);
    std::uint64_t back = 0;
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end) {
        const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 100);
        for (int i = 0; i < count; ++i) {
            auto& connection =
                *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!receive(connection, room))
                continue;
            ++back;
            begin_message(connection);
        }
    }
    std::printf("%llu\n", static_cast<unsigned long long>(back));
}

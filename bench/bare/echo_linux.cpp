// A minimal epoll echo server, the lower bound for echod: no limits, no timeouts.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
alignas(4096) std::array<char, buffer_bytes> buffer;

int check(int result, const char* what) {
    if (result < 0) {
        std::perror(what);
        std::exit(3);
    }
    return result;
}

int listen_on_loopback() {
    const int listener =
        check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    check(::listen(listener, 4096), "listen");
    socklen_t size = sizeof address;
    check(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

void watch(int poller, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    check(::epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

void accept_all(int poller, int listener) {
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0)
            return;
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(poller, client);
    }
}

// Busy-waits while the peer does not read: acceptable for a lower bound, not for a real server.
void echo(int client) {
    const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EAGAIN)
        return;
    for (ssize_t done = 0; done < got;) {
        const ssize_t put = ::send(client, buffer.data() + done,
                                   static_cast<std::size_t>(got - done), MSG_NOSIGNAL);
        if (put > 0)
            done += put;
        else if (errno != EAGAIN)
            break;
    }
    if (got <= 0)
        ::close(client);
}

}  // namespace

// Listens on a free port of 127.0.0.1 and prints its number.
int main() {
    const int poller = check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    const int listener = listen_on_loopback();
    watch(poller, listener);
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int ready = events[static_cast<std::size_t>(i)].data.fd;
            if (ready == listener)
                accept_all(poller, listener);
            else
                echo(ready);
        }
    }
}

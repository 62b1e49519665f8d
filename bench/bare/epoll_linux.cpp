// The lower bound for echod's event engines: an epoll loop without limits, timeouts and counters.
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "bare.h"

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

struct Client {
    int socket = -1;
    std::vector<char> rest;  // received, but not accepted back yet
    std::size_t sent = 0;    // bytes of it
};

class Loop {
  public:
    explicit Loop(int listener)
        : poller_(bare::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
          listener_{listener, {}, 0} {
        bare::check(::fcntl(listener, F_SETFL, O_NONBLOCK), "fcntl");
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
    }

    void run() {
        std::array<epoll_event, 256> events{};
        for (;;) {
            const int count =
                ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i)
                handle(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
    }

  private:
    void handle(Client& client) {
        if (&client == &listener_)
            accept_all();
        else if (client.rest.empty())
            echo(client);
        else
            send_rest(client);
    }

    void watch(int operation, Client& client, std::uint32_t what) {
        epoll_event event{};
        event.events = what;
        event.data.ptr = &client;
        bare::check(::epoll_ctl(poller_, operation, client.socket, &event), "epoll_ctl");
    }

    void accept_all() {
        for (;;) {
            const int socket =
                ::accept4(listener_.socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket < 0)
                return;
            watch(EPOLL_CTL_ADD, *new Client{socket, {}, 0}, EPOLLIN);
        }
    }

    static void remove(Client& client) {
        ::close(client.socket);
        delete &client;
    }

    void echo(Client& client) {
        const ssize_t got = ::recv(client.socket, buffer_.get(), buffer_bytes, 0);
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN)
                remove(client);
            return;
        }
        const ssize_t put =
            ::send(client.socket, buffer_.get(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
        if (put == got)
            return;
        if (put < 0 && errno != EAGAIN)
            return remove(client);
        client.rest.assign(buffer_.get() + std::max<ssize_t>(put, 0), buffer_.get() + got);
        watch(EPOLL_CTL_MOD, client, EPOLLOUT);
    }

    void send_rest(Client& client) {
        const ssize_t put = ::send(client.socket, client.rest.data() + client.sent,
                                   client.rest.size() - client.sent, MSG_NOSIGNAL);
        if (put < 0) {
            if (errno != EAGAIN)
                remove(client);
            return;
        }
        client.sent += static_cast<std::size_t>(put);
        if (client.sent < client.rest.size())
            return;
        client.rest.clear();
        client.sent = 0;
        watch(EPOLL_CTL_MOD, client, EPOLLIN);
    }

    int poller_;
    Client listener_;
    bare::Memory buffer_ = bare::pages(buffer_bytes);
};

}  // namespace

// Usage: bare_epoll [PORT [THREADS]]
int main(int argc, char** argv) {
    return bare::serve_on_threads(argc, argv, SOCK_STREAM,
                                  [](int listener) { Loop(listener).run(); });
}

// The lower bound for the engines thread and pool: a blocking thread for each client.
#include "bare.h"

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

void send_all(int client, const char* data, ssize_t size) {
    while (size > 0) {
        const ssize_t put = ::send(client, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (put < 0)
            return;
        data += put;
        size -= put;
    }
}

void echo(int client) {
    const bare::Memory buffer = bare::pages(buffer_bytes);
    for (ssize_t got = 0; (got = ::recv(client, buffer.get(), buffer_bytes, 0)) > 0;)
        send_all(client, buffer.get(), got);
    ::close(client);
}

void serve(int listener) {
    for (;;)
        std::thread(echo,
                    bare::check(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept4"))
            .detach();
}

}  // namespace

// Usage: bare_threads [PORT]
int main(int argc, char** argv) {
    return bare::serve_on_threads(argc, argv, SOCK_STREAM, serve);
}

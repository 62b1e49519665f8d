// Sends a message to a TCP echo server and prints what comes back.
//
// Usage: echo_client HOST PORT MESSAGE
#include <sockbox/net/resolver.h>
#include <sockbox/net/streams.h>

#include <array>
#include <cstdio>

using namespace sockbox::net;

static Status echo(const char* host, const char* port, std::string_view message) {
    const auto servers = resolve_port(port, Transport::tcp, 1).and_then([&](std::uint16_t number) {
        return resolve_endpoints(host, number, Family::any, Transport::tcp);
    });
    auto socket = servers.and_then([](const auto& found) { return connect_to(found.front()); });
    if (!socket)
        return fail(socket.error());
    auto sent = send_all(*socket, std::as_bytes(std::span(message))).and_then([&] {
        return socket->shutdown(ShutdownHow::send);
    });
    if (!sent)
        return sent;
    std::array<std::byte, 4096> reply;
    Transfer got = socket->receive(reply);
    for (; got.done(); got = socket->receive(reply))
        std::fwrite(reply.data(), 1, got.bytes, stdout);
    return got.end() ? Status() : fail({got.error, "receive", {}, {}, {}});
}

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("Usage: echo_client HOST PORT MESSAGE\n", stderr);
        return 1;
    }
    platform::start();  // for Windows
    if (const auto done = echo(argv[1], argv[2], argv[3]); !done) {
        std::fprintf(stderr, "echo_client: %s\n", done.error().message().c_str());
        return 3;
    }
}

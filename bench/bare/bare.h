// What the bare programs share: numbers, sockets on the loopback interface, aligned memory.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

namespace bare {

[[noreturn]] inline void fail(const char* what) {
    std::perror(what);
    std::exit(3);
}

inline int check(ssize_t result, const char* what) {
    if (result < 0)
        fail(what);
    return static_cast<int>(result);
}

// A non-negative number that ends at `stop`; anything else ends the program.
inline std::size_t number(const char* text, char stop = '\0') {
    char* end = nullptr;
    const std::size_t value = std::strtoul(text, &end, 10);
    if (end == text || *end != stop) {
        std::fprintf(stderr, "'%s' is not a number\n", text);
        std::exit(1);
    }
    return value;
}

struct Free {
    void operator()(char* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<char[], Free>;

// Begins at a page: copies to memory that malloc places 16 bytes after one take up to twice as
// long.
inline Memory pages(std::size_t bytes) {
    constexpr std::size_t page = 4096;
    auto* memory = static_cast<char*>(std::aligned_alloc(page, (bytes + page - 1) / page * page));
    if (memory == nullptr)
        fail("aligned_alloc");
    return Memory(memory);
}

inline sockaddr_in loopback(std::size_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

inline void enable(int socket, int level, int option) {
    const int on = 1;
    check(::setsockopt(socket, level, option, &on, sizeof on), "setsockopt");
}

inline void enlarge_buffer(int socket, int forced, int option) {
    const int bytes = 4 << 20;
    if (::setsockopt(socket, SOL_SOCKET, forced, &bytes, sizeof bytes) < 0)
        ::setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes);
}

// A socket that receives on 127.0.0.1; the kernel chooses a port if `port` is 0. Sockets on the
// same port share its clients. TCP_NODELAY is inherited by accepted sockets.
inline int open_server(int type, std::size_t port) {
    const int server = check(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
    enable(server, SOL_SOCKET, SO_REUSEADDR);
    enable(server, SOL_SOCKET, SO_REUSEPORT);
    if (type == SOCK_STREAM)
        enable(server, IPPROTO_TCP, TCP_NODELAY);
    else
        enlarge_buffer(server, SO_RCVBUFFORCE, SO_RCVBUF);
    const sockaddr_in address = loopback(port);
    check(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    if (type == SOCK_STREAM)
        check(::listen(server, 4096), "listen");
    return server;
}

inline std::size_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    check(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
}

// The arguments of every server are [PORT [THREADS]]. Prints the port and runs `serve` with a
// socket of its own on each thread.
template <class Serve>
int serve_on_threads(int argc, char** argv, int type, Serve serve) {
    std::size_t port = argc > 1 ? number(argv[1]) : 0;
    const std::size_t threads = argc > 2 ? number(argv[2]) : 1;
    std::vector<int> sockets;
    while (sockets.size() < threads) {
        sockets.push_back(open_server(type, port));
        port = port_of(sockets.back());
    }
    std::printf("%zu\n", port);
    std::fflush(stdout);
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i)
        others.emplace_back(serve, sockets[i]);
    serve(sockets[0]);
    return 0;
}

}  // namespace bare

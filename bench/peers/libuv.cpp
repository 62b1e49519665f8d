// An echo server as libuv's guide writes it: a buffer for each read, which its write frees.
#include <uv.h>

#include <cstdlib>

namespace {

struct Write {
    uv_write_t request;
    char* data;
};

void allocate(uv_handle_t*, size_t suggested, uv_buf_t* buffer) {
    *buffer =
        uv_buf_init(static_cast<char*>(std::malloc(suggested)), static_cast<unsigned>(suggested));
}

void close(uv_stream_t* client) {
    uv_close(reinterpret_cast<uv_handle_t*>(client),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

void on_read(uv_stream_t* client, ssize_t size, const uv_buf_t* buffer) {
    if (size <= 0) {
        std::free(buffer->base);
        if (size < 0)
            close(client);
        return;
    }
    auto* write = new Write{{}, buffer->base};
    const uv_buf_t reply = uv_buf_init(buffer->base, static_cast<unsigned>(size));
    uv_write(&write->request, client, &reply, 1, [](uv_write_t* request, int) {
        auto* done = reinterpret_cast<Write*>(request);
        std::free(done->data);
        delete done;
    });
}

void on_connection(uv_stream_t* server, int status) {
    if (status < 0)
        return;
    auto* client = new uv_tcp_t;
    uv_tcp_init(server->loop, client);
    auto* stream = reinterpret_cast<uv_stream_t*>(client);
    if (uv_accept(server, stream) != 0)
        return close(stream);
    uv_tcp_nodelay(client, 1);
    uv_read_start(stream, allocate, on_read);
}

}  // namespace

// Usage: peer_libuv PORT
int main(int argc, char** argv) {
    uv_loop_t* loop = uv_default_loop();
    uv_tcp_t server;
    uv_tcp_init(loop, &server);
    sockaddr_in address{};
    uv_ip4_addr("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 0, &address);
    uv_tcp_bind(&server, reinterpret_cast<const sockaddr*>(&address), 0);
    if (uv_listen(reinterpret_cast<uv_stream_t*>(&server), 4096, on_connection) != 0)
        return 3;
    return uv_run(loop, UV_RUN_DEFAULT);
}

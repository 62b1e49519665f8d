// An echo server as Asio's documentation writes it: asynchronous, a session for each client.
#include <array>
#include <asio.hpp>
#include <cstdlib>
#include <memory>
#include <utility>

namespace {

using asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
  public:
    explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

    void read() {
        socket_.async_read_some(asio::buffer(data_),
                                [self = shared_from_this()](std::error_code error, size_t size) {
                                    if (!error)
                                        self->write(size);
                                });
    }

  private:
    void write(size_t size) {
        asio::async_write(socket_, asio::buffer(data_, size),
                          [self = shared_from_this()](std::error_code error, size_t) {
                              if (!error)
                                  self->read();
                          });
    }

    tcp::socket socket_;
    alignas(4096) std::array<char, 64 * 1024> data_;  // copies to a page's start are faster
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&](std::error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket))->read();
        }
        accept(acceptor);
    });
}

}  // namespace

// Usage: peer_asio PORT
int main(int argc, char** argv) {
    const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0);
    asio::io_context context(1);
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    acceptor.listen(4096);
    accept(acceptor);
    context.run();
}

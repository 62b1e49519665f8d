// Moves the bytes of one connection from its socket back to the same socket.
#pragma once

#include "serve/engines/readiness/buffer_pool.h"
#include "serve/session.h"

namespace sockbox::serve {

// Receives into the pool's buffer or, once large messages are seen, into its pipe, and owns memory
// or a pipe only while the peer does not accept its echo. Nothing is received meanwhile, so a peer
// that never reads costs 64 KiB of memory or a pipe.
class Relay {
  public:
    // The pool must outlive the object.
    explicit Relay(BufferPool& pool) noexcept : pool_(pool) {}
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;
    ~Relay();

    // Whether echoed bytes are waiting for the peer to accept them. If so, call proceed() when the
    // socket can send, else when it can receive.
    bool has_rest() const noexcept { return rest_begin_ < rest_end_ || pipe_ != nullptr; }

    // On a non-blocking socket: sends what is waiting; if nothing is, receives once and sends that
    // back. `done`: something was moved. `end`: EOF, and nothing is waiting.
    net::Transfer proceed(Session& session, net::Deadline now) noexcept;

    // Whether large messages are seen, for which a non-blocking socket is the cheaper one.
    bool is_bulk() const noexcept { return bulk_; }

    // For a socket that blocks, while nothing is waiting and is_bulk() is false: the two halves of
    // proceed(). Only the first one blocks.
    net::Transfer receive(Session& session) noexcept;
    net::Transfer send_back(std::size_t received, Session& session, net::Deadline now) noexcept;

    // Socket::send() that does not block, whatever the mode of the socket. On Windows the socket
    // must be non-blocking.
    static net::Transfer send_at_once(net::Socket& socket,
                                      std::span<const std::byte> data) noexcept;

  private:
    net::Transfer receive_in_bulk(Session& session, net::Deadline now) noexcept;
    net::Transfer send_rest(Session& session, net::Deadline now) noexcept;
    net::Transfer drain(BulkPipe& pipe, Session& session, net::Deadline now) noexcept;
    net::Transfer keep(std::span<const std::byte> rest) noexcept;
    void note_size(std::size_t bytes) noexcept;

    BufferPool& pool_;
    net::Pages rest_;
    std::unique_ptr<BulkPipe> pipe_;
    std::uint32_t rest_begin_ = 0;
    std::uint32_t rest_end_ = 0;
    bool bulk_ = false;
    std::uint8_t others_in_a_row_ = 0;  // receives that speak against the present value of bulk_
};

}  // namespace sockbox::serve

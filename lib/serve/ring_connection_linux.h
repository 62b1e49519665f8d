// One client's connection on a ring: received into a buffer of the ring, sent from that very one.
#pragma once

#include <list>

#include "serve/ring_linux.h"
#include "serve/session.h"

namespace sockbox::serve {

class RingReactor;

// One send is under way at most, so bytes keep their order, and one receive beside it: a peer that
// never reads keeps two buffers.
class RingConnection {
  public:
    RingConnection(RingReactor& reactor, Client client);
    RingConnection(const RingConnection&) = delete;
    RingConnection& operator=(const RingConnection&) = delete;

    // Begins to receive, also after there was no buffer to receive into.
    void receive();

    void check_time();
    // Ends it at once; bytes under way are lost, with a reset.
    void abort();

    // Over, and no operation refers to it any more.
    bool is_gone() const noexcept { return closing_ && !receiving_ && !sending_; }

    std::list<RingConnection>::iterator place;  // in the reactor's list

  private:
    struct Received final : Completion {
        explicit Received(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned flags) override { owner.on_received(result, flags); }
        RingConnection& owner;
    };
    struct Sent final : Completion {
        explicit Sent(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned /*flags*/) override { owner.on_sent(result); }
        RingConnection& owner;
    };
    // Bytes in a buffer of the ring, which is ours while it is held.
    struct Piece {
        unsigned buffer = 0;
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        bool held = false;
        bool empty() const noexcept { return begin == end; }
    };

    void on_received(int result, unsigned flags);
    void on_sent(int result);
    void take(Piece piece);
    void send();
    void say_goodbye(EndReason reason);
    void finish_if_all_sent();
    void end_by(int error);
    void close();
    void release(Piece& piece);
    int native() const noexcept { return session_.socket().native(); }
    bool has_rest() const noexcept { return !outgoing_.empty(); }

    RingReactor& reactor_;
    Session session_;
    Received received_{*this};
    Sent sent_{*this};
    Piece outgoing_;
    Piece next_;
    net::Deadline linger_until_{};
    bool receiving_ = false;
    bool sending_ = false;
    bool input_over_ = false;
    bool lingering_ = false;  // our FIN is out; input is dropped until the peer's comes
    bool closing_ = false;
};

}  // namespace sockbox::serve

// One client's connection on a ring: received into provided buffers and sent from the same ones.
#pragma once

#include <list>

#include "serve/engines/linux/io_uring/ring.h"
#include "serve/faults/stream_faults.h"
#include "serve/session.h"

namespace sockbox::serve {

class RingReactor;

// At most one send and one receive are in progress, so bytes keep their order. Small messages
// arrive through a multishot receive. A peer that fills the small buffers is read by single
// receives into large ones, with at most two buffers waiting. A peer that never reads therefore
// occupies at most 256 KiB, and an idle one no buffer at all.
class RingConnection {
  public:
    RingConnection(RingReactor& reactor, Client client);
    RingConnection(const RingConnection&) = delete;
    RingConnection& operator=(const RingConnection&) = delete;

    // Starts to receive, also after waiting for a buffer.
    void begin();

    void check_time();
    // When bytes held back by faults are due; check_faults() then sends them. Neither is called
    // without faults.
    net::Deadline next_leave() const;
    void check_faults();
    // Ends the connection at once: unsent bytes are lost, and the peer sees a reset.
    void abort();
    // Ends it because of a system error, an errno value.
    void end_by(int error);

    // Whether it has ended and no operation refers to it any more. It must not be destroyed
    // earlier: the kernel holds pointers to its Completions.
    bool is_gone() const noexcept { return closing_ && !is_receiving() && !sending_; }

    std::list<RingConnection>::iterator place;  // in the reactor's list

  private:
    struct Received final : Completion {
        explicit Received(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned flags) noexcept override {
            owner.on_received(result, flags);
        }
        RingConnection& owner;
    };
    struct Sent final : Completion {
        explicit Sent(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned /*flags*/) noexcept override { owner.on_sent(result); }
        RingConnection& owner;
    };
    enum class Receiving : std::uint8_t { none, many, bulk, awaits_buffer };

    void on_received(int result, unsigned flags);
    void on_sent(int result);
    bool take(RingBuffer& buffer, bool bulk);
    bool keep_with_faults(RingBuffer& buffer);
    void note_size(std::uint32_t bytes, bool bulk);
    void go_on();
    void receive();
    void stop_receiving();
    void end_of_receive(int result);
    void send();
    void end_by_fault();
    void begin_lingering(EndReason reason);
    void finish_if_all_sent();
    void close();
    void give_back_waiting();
    std::size_t max_waiting() const noexcept;
    int native() const noexcept { return session_.socket().native(); }
    bool has_rest() const noexcept { return !waiting_.empty(); }
    bool is_receiving() const noexcept {
        return receiving_ == Receiving::many || receiving_ == Receiving::bulk;
    }

    RingReactor& reactor_;
    Session session_;
    std::unique_ptr<StreamFaults> faults_;  // null without faults
    Received received_{*this};
    Sent sent_{*this};
    BufferQueue waiting_;  // the first one is being sent
    net::Deadline linger_until_{};
    Receiving receiving_ = Receiving::none;
    std::uint8_t small_in_a_row_ = 0;
    bool bulk_ = false;      // its messages are larger than a small buffer
    bool stopping_ = false;  // the multishot receive was cancelled but has not completed
    bool sending_ = false;
    bool drained_ = true;  // the last receive emptied the socket
    bool input_over_ = false;
    bool lingering_ = false;  // our FIN is sent; discard input until the peer's
    bool closing_ = false;
};

}  // namespace sockbox::serve

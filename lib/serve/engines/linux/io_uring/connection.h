// One client's connection on a ring: received into buffers of the ring, sent from those very ones.
#pragma once

#include <list>

#include "serve/engines/linux/io_uring/ring.h"
#include "serve/faults/stream_faults.h"
#include "serve/session.h"

namespace sockbox::serve {

class RingReactor;

// One send is under way at most, and one kind of receive, so bytes keep their order. Small messages
// come by one receive that goes on and on; a peer that fills its buffers is read by single receives
// into large ones, two at a time. So a peer that never reads keeps 256 KiB at most, and a quiet one
// nothing.
class RingConnection {
  public:
    RingConnection(RingReactor& reactor, Client client);
    RingConnection(const RingConnection&) = delete;
    RingConnection& operator=(const RingConnection&) = delete;

    // Begins to receive, also after there was no buffer to receive into.
    void begin();

    void check_time();
    // When faults let bytes go that wait, which check_faults() then sends; neither is called where
    // there are none.
    net::Deadline next_leave() const;
    void check_faults();
    // Ends it at once; bytes under way are lost, with a reset.
    void abort();
    // The same because the system failed, with an errno.
    void end_by(int error);

    // Over, and no operation refers to it any more.
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
    enum class Receiving : std::uint8_t { none, many, bulk, wants_buffer };

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
    void say_goodbye(EndReason reason);
    void finish_if_all_sent();
    void close();
    void give_back_waiting();
    std::size_t most_waiting() const noexcept;
    int native() const noexcept { return session_.socket().native(); }
    bool has_rest() const noexcept { return !waiting_.empty(); }
    bool is_receiving() const noexcept {
        return receiving_ == Receiving::many || receiving_ == Receiving::bulk;
    }

    RingReactor& reactor_;
    Session session_;
    std::unique_ptr<StreamFaults> faults_;  // null where there are none
    Received received_{*this};
    Sent sent_{*this};
    BufferQueue waiting_;  // the first is being sent
    net::Deadline linger_until_{};
    Receiving receiving_ = Receiving::none;
    std::uint8_t small_in_a_row_ = 0;
    bool bulk_ = false;      // its messages are larger than a small buffer
    bool stopping_ = false;  // the receive of many was cancelled and is not over yet
    bool sending_ = false;
    bool drained_ = true;  // the last receive left nothing in the socket
    bool input_over_ = false;
    bool lingering_ = false;  // our FIN is out; input is dropped until the peer's comes
    bool closing_ = false;
};

}  // namespace sockbox::serve

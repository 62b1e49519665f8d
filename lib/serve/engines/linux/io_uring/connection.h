// One client's connection on a ring: received into provided buffers and sent from the same ones.
#pragma once

#include <list>
#include <memory>

#include "serve/engines/linux/io_uring/ring.h"
#include "serve/engines/readiness/relay.h"
#include "serve/faults/stream_faults.h"
#include "serve/session.h"

namespace sockbox::serve {

class RingReactor;

// A place in a circular list, or alone. A list is a Link that belongs to nothing.
class Link {
  public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { leave(); }

    bool is_alone() const noexcept { return next_ == this; }
    Link& next() const noexcept { return *next_; }
    void leave() noexcept {
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = this;
    }
    // Leaves its list and becomes the last of another one.
    void join(Link& list) noexcept {
        leave();
        previous_ = list.previous_;
        next_ = &list;
        previous_->next_ = list.previous_ = this;
    }
    // Moves all of another list to the end of this one.
    void take(Link& list) noexcept {
        while (!list.is_alone())
            list.next().join(*this);
    }

  private:
    Link* next_ = this;
    Link* previous_ = this;
};

// At most one send and one receive are in progress, so bytes keep their order. Small messages
// arrive through a multishot receive, which is stopped while the peer does not accept its echo;
// what had arrived by then is merged into few buffers. Larger messages are relayed as in the
// readiness engines, when the ring reports that the socket is ready: that costs less for each byte.
// An idle connection occupies no buffer at all.
class RingConnection {
  public:
    RingConnection(RingReactor& reactor, Client client);
    RingConnection(const RingConnection&) = delete;
    RingConnection& operator=(const RingConnection&) = delete;

    // Starts to receive, also after waiting for a buffer.
    void begin();

    void check_time();
    // Whether another sweep is needed, even if nothing happens until then.
    bool awaits_check() const noexcept { return sweeps_left_ > 0; }
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

    struct Sent final : Completion, Link {
        explicit Sent(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned /*flags*/) noexcept override { owner.on_sent(result); }
        RingConnection& owner;
    };
    // The send in progress has not completed at once: the peer has no room.
    void blocked();

    // In the reactor's list of those that wait for a buffer, while it does.
    struct Waiting final : Link {
        explicit Waiting(RingConnection& connection) : owner(connection) {}
        RingConnection& owner;
    };

    std::list<RingConnection>::iterator place;  // in the reactor's list

  private:
    struct Received final : Completion {
        explicit Received(RingConnection& connection) : owner(connection) {}
        void complete(int result, unsigned flags) noexcept override {
            owner.on_completion(result, flags);
        }
        RingConnection& owner;
    };
    enum class Receiving : std::uint8_t { none, many, poll, awaits_buffer };

    void on_completion(int result, unsigned flags);
    void on_received(int result, unsigned flags);
    void on_ready(int result);
    void on_sent(int result);
    bool take(RingBuffer& buffer);
    void keep(RingBuffer& buffer);
    void relay();
    void begin_relaying();
    void end_relaying();
    void discard_input();
    void go_on();
    void check_input();
    void receive();
    void stop_receiving();
    void end_of_receive(int result);
    void send();
    void send_directly();
    void note_sent(std::size_t bytes);
    void end_by_fault();
    void begin_lingering(const Session::Decision& decision);
    void finish_if_all_sent();
    void close();
    void give_back_waiting();
    bool may_receive() const noexcept;
    bool must_stop() const noexcept;
    int native() const noexcept { return session_.socket().native(); }
    bool has_rest() const noexcept {
        return !waiting_.empty() || (relay_ != nullptr && relay_->has_rest());
    }
    bool is_receiving() const noexcept {
        return receiving_ == Receiving::many || receiving_ == Receiving::poll;
    }

    RingReactor& reactor_;
    Session session_;
    std::unique_ptr<StreamFaults> faults_;  // null without faults
    Received received_{*this};
    Sent sent_{*this};
    Waiting awaits_buffer_{*this};
    BufferQueue waiting_;           // the first one is being sent
    std::unique_ptr<Relay> relay_;  // while messages are large, else null
    net::Deadline linger_until_{};
    Receiving receiving_ = Receiving::none;
    std::uint8_t small_in_a_row_ = 0;
    std::uint8_t sweeps_left_ = 0;  // sweeps until it is checked for unreported input
    bool large_ = false;            // its messages are larger than a buffer
    bool stopping_ = false;         // the receive was cancelled but has not completed
    bool sending_ = false;
    bool blocked_ = false;  // the send in progress waits for the peer
    bool input_over_ = false;
    bool lingering_ = false;  // our FIN is sent; discard input until the peer's
    bool closing_ = false;
};

}  // namespace sockbox::serve

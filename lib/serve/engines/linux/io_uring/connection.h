// One client's connection on a ring: received into provided buffers and sent from the same ones.
#pragma once

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

class RingConnection;

// The bases of a connection: operations are told apart by their Completion, and lists by their
// Link. As members they would each need a reference to the connection.
class RingReceive : public Completion {
  public:
    void complete(int result, unsigned flags) noexcept final;

  protected:
    ~RingReceive() = default;
};
class RingSend : public Completion {
  public:
    void complete(int result, unsigned flags) noexcept final;

  protected:
    ~RingSend() = default;
};
// In the reactor's list of all connections.
struct RingPlace : Link {};
// In the reactor's list of those that wait for a buffer, or else of the sends that the kernel has
// not tried.
struct RingTurn : Link {};

// At most one send and one receive are in progress, so bytes keep their order. Small messages
// arrive through a multishot receive, which is stopped while the peer does not accept its echo;
// what had arrived by then is merged into few buffers. Larger messages are relayed as in the
// readiness engines, when the ring reports that the socket is ready: that costs less for each byte.
// An idle connection occupies no buffer at all.
class RingConnection final : public RingReceive,
                             public RingSend,
                             public RingPlace,
                             public RingTurn {
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

    bool awaits_buffer() const noexcept { return receiving_ == Receiving::awaits_buffer; }
    // The send in progress has not completed at once: the peer has no room.
    void blocked();

  private:
    friend RingReceive;
    friend RingSend;
    enum class Receiving : std::uint8_t { none, one, many, poll, awaits_buffer };

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
    RingReceive& as_receive() noexcept { return *this; }
    RingSend& as_send() noexcept { return *this; }
    int native() const noexcept { return session_.socket().native(); }
    bool has_rest() const noexcept {
        return !waiting_.empty() || (relay_ != nullptr && relay_->has_rest());
    }
    bool is_receiving() const noexcept {
        return receiving_ != Receiving::none && receiving_ != Receiving::awaits_buffer;
    }

    // In an order without gaps, because there may be many idle connections: the small members fill
    // the ends of session_ and waiting_.
    RingReactor& reactor_;
    [[no_unique_address]] Session session_;
    Receiving receiving_ = Receiving::none;
    std::uint8_t small_in_a_row_ = 0;
    std::uint8_t sweeps_left_ = 0;  // sweeps until it is checked for unreported input
    bool large_ = false;            // its messages are larger than a buffer
    bool stopping_ = false;         // the receive was cancelled but has not completed
    bool sending_ = false;
    std::unique_ptr<StreamFaults> faults_;       // null without faults
    std::unique_ptr<Relay> relay_;               // while messages are large, else null
    [[no_unique_address]] BufferQueue waiting_;  // the first one is being sent
    bool blocked_ = false;                       // the send in progress waits for the peer
    bool input_over_ = false;
    bool lingering_ = false;  // our FIN is sent; discard input until the peer's
    bool closing_ = false;
};

inline void RingReceive::complete(int result, unsigned flags) noexcept {
    static_cast<RingConnection&>(*this).on_completion(result, flags);
}

inline void RingSend::complete(int result, unsigned /*flags*/) noexcept {
    static_cast<RingConnection&>(*this).on_sent(result);
}

// Owns all connections of a reactor.
class RingConnectionList {
  public:
    RingConnectionList() = default;
    RingConnectionList(const RingConnectionList&) = delete;
    RingConnectionList& operator=(const RingConnectionList&) = delete;
    ~RingConnectionList() {
        for_each([this](RingConnection& connection) { destroy(connection); });
    }

    bool empty() const noexcept { return all_.is_alone(); }
    void add(std::unique_ptr<RingConnection> connection) noexcept {
        static_cast<RingPlace&>(*connection.release()).join(all_);
    }
    void destroy(RingConnection& connection) noexcept { delete &connection; }

    // Calls `visit` for each connection; it may destroy the one it is given.
    template <class Visit>
    void for_each(const Visit& visit) {
        for (Link* place = &all_.next(); place != &all_;) {
            Link* next = &place->next();
            visit(static_cast<RingConnection&>(static_cast<RingPlace&>(*place)));
            place = next;
        }
    }

  private:
    Link all_;
};

}  // namespace sockbox::serve

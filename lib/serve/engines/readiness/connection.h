// One client's connection: everything it sends is returned, in order.
#pragma once

#include "serve/engines/blocked_receivers.h"
#include "serve/engines/readiness/poller.h"
#include "serve/engines/readiness/relay.h"
#include "serve/faults/stream_faults.h"
#include "serve/session.h"
#include "system/memory.h"

namespace sockbox::serve {

class Reactor;

// Relays without faults; with faults, holds back the bytes in a buffer of its own.
class Connection final : public EventSource {
  public:
    Connection(Reactor& reactor, Client client);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // Destroys the connection if it is over.
    void on_ready() override;

    // Echoes by receives that block, until the loop has to wait for something else than input.
    // Only without faults. Destroys the connection if it is over.
    void echo_blocking(BlockedReceivers& receivers);

    // Checks timeouts and the drain; destroys the connection if one of them ends it.
    void check_time();

    // When bytes held back by faults are due; check_faults() then sends them and may destroy the
    // connection.
    net::Deadline next_leave() const;
    void check_faults();

    // Ends the connection at once: unsent bytes are lost, and the peer sees a reset. Does not
    // destroy it.
    void abort();

    // Whether echoed bytes are waiting for the peer to accept them.
    bool has_rest() const noexcept { return relay_.has_rest() || holds_back(); }
    net::NativeSocket native() const noexcept { return session_.socket().native(); }

  private:
    friend class ConnectionList;

    struct HeldBack {
        explicit HeldBack(StreamFaults given) : faults(std::move(given)) {}
        StreamFaults faults;
        net::Pages bytes;
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        bool input_over = false;
        bool blocked = false;  // the peer does not accept bytes that are due
    };

    void proceed();
    void proceed_with_faults();
    void read_ahead();
    void send_ripe();
    void end_by_fault();
    void relay();
    bool echo_once_blocking();
    void discard_input();
    bool holds_back() const noexcept { return held_ != nullptr && held_->begin < held_->end; }
    void begin_lingering(const Session::Decision& decision);
    void end(EndReason reason);
    void end_by(const std::error_code& error);

    Reactor& reactor_;
    [[no_unique_address]] Session session_;
    bool lingering_ = false;  // our FIN is sent; discard input until the peer's
    bool over_ = false;
    Relay relay_;
    std::unique_ptr<HeldBack> held_;  // null without faults
    Connection* next_ = nullptr;
    Connection* previous_ = nullptr;
};

// Owns all connections of a reactor.
class ConnectionList {
  public:
    ConnectionList() = default;
    ConnectionList(const ConnectionList&) = delete;
    ConnectionList& operator=(const ConnectionList&) = delete;
    ~ConnectionList();

    void add(std::unique_ptr<Connection> connection) noexcept;
    void destroy(Connection& connection) noexcept;
    bool empty() const noexcept { return first_ == nullptr; }

    // Calls `visit` for each connection; it may destroy the one it is given.
    template <class Visit>
    void for_each(const Visit& visit) {
        for (Connection* connection = first_; connection != nullptr;) {
            Connection* next = connection->next_;
            visit(*connection);
            connection = next;
        }
    }

  private:
    Connection* first_ = nullptr;
};

}  // namespace sockbox::serve

// One client's connection: what it sends goes back to it, all of it and in order.
#pragma once

#include "serve/engines/readiness/poller.h"
#include "serve/faults/stream_faults.h"
#include "serve/session.h"
#include "system/memory.h"

namespace sockbox::serve {

class Reactor;

// Reads through the reactor's one buffer and has memory of its own only while its peer does not
// take what was echoed; then it is not read, so that a peer that never reads costs 64 KiB.
class Connection final : public EventSource {
  public:
    Connection(Reactor& reactor, Client client);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // Destroys the connection when it is over.
    void on_ready() override;

    // Looks at the time: timeouts and the drain. Destroys it when that ends it.
    void check_time();

    // When faults let bytes go that wait, which check_faults() then sends and may destroy it.
    net::Deadline next_leave() const;
    void check_faults();

    // Ends it at once; bytes under way are lost, with a reset. Does not destroy it.
    void abort();

    // Whether it waits for its peer to take bytes.
    bool has_rest() const noexcept { return rest_begin_ < rest_end_; }
    net::NativeSocket native() const noexcept { return session_.socket().native(); }

  private:
    friend class ConnectionList;

    void proceed();
    void proceed_with_faults();
    void read_ahead();
    void send_ripe();
    void end_by_fault();
    void read_once();
    void echo(std::span<const std::byte> data);
    void keep(std::span<const std::byte> rest);
    void write_rest();
    void discard_input();
    void say_goodbye(EndReason reason);
    void end(EndReason reason);
    void end_by(const std::error_code& error);

    Reactor& reactor_;
    Session session_;
    net::Deadline linger_until_{};
    std::unique_ptr<StreamFaults> faults_;  // null where there are none
    net::Pages rest_;
    std::uint32_t rest_begin_ = 0;
    std::uint32_t rest_end_ = 0;
    bool lingering_ = false;  // our FIN is out; input is dropped until the peer's comes
    bool over_ = false;
    bool input_over_ = false;  // these two with faults alone
    bool blocked_ = false;     // the peer does not take what may leave
    Connection* next_ = nullptr;
    Connection* previous_ = nullptr;
};

// All connections of a reactor, owned.
class ConnectionList {
  public:
    ConnectionList() = default;
    ConnectionList(const ConnectionList&) = delete;
    ConnectionList& operator=(const ConnectionList&) = delete;
    ~ConnectionList();

    void add(std::unique_ptr<Connection> connection) noexcept;
    void destroy(Connection& connection) noexcept;
    bool empty() const noexcept { return first_ == nullptr; }

    // Calls `visit` for each; it may destroy the one it is given.
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

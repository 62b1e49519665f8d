// One thread's event loop: listeners, datagrams and connections over a Poller.
#pragma once

#include <memory>
#include <vector>

#include "serve/engines/readiness/acceptor.h"
#include "serve/engines/readiness/connection.h"
#include "serve/engines/readiness/datagram_source.h"
#include "serve/engines/readiness/poller.h"
#include "serve/listeners.h"
#include "serve/service.h"
#include "system/memory.h"

namespace sockbox::serve {

// Everything is called from the thread that runs it.
class Reactor {
  public:
    Reactor(Service& service, std::unique_ptr<Poller> poller);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    ~Reactor();

    // Who takes the connections that this reactor accepts; unless set, it serves them itself.
    void place_with(Place place) { place_ = std::move(place); }

    // Serves a connection. One for which there is no memory, or that cannot be watched, is closed,
    // and told.
    void adopt(Client&& client) noexcept;

    // Takes from the system what it needs to serve, and to answer datagrams where it is to; before
    // all that follows.
    net::Status open(bool datagrams = false);

    // Another source of work: run() goes on until it has been removed.
    net::Status add(net::NativeSocket socket, EventSource& source);
    void remove(net::NativeSocket socket);

    // Serves until no source of new connections and no connection is left: those it has when the
    // drain begins are then finished. Fails only where the system cannot wait.
    net::Status run();

    // Serves what comes to the listeners, as run() does. Fails also where they cannot be watched.
    net::Status serve(Listeners listeners);

    // For connections and acceptors.
    Service& service() noexcept { return service_; }
    Poller& poller() noexcept { return *poller_; }
    net::Deadline now();  // when the latest wait ended
    bool draining() const noexcept { return draining_; }
    net::Deadline drain_deadline() const noexcept { return drain_deadline_; }
    std::span<std::byte> buffer() noexcept { return {buffer_.get(), buffer_bytes}; }
    const Faults* faults() const noexcept { return faults_; }  // of streams; mostly null
    net::Pages take_pages() noexcept;                          // buffer_bytes of them, or null
    void give_back(net::Pages pages) noexcept;                 // the same
    const Place& place() const noexcept { return place_; }
    void destroy(Connection& connection);

    static constexpr std::size_t buffer_bytes = 64 * 1024;

  private:
    class Waker final : public EventSource {
      public:
        void on_ready() override {}
    };

    net::Status listen(std::vector<net::Socket> tcp);
    net::Status answer_datagrams(std::vector<net::Socket> udp);
    net::Status take_turn();
    bool idle() const;
    net::Deadline next_deadline();
    net::Deadline next_leave();
    void after_wait();
    void begin_drain();
    void abort_all();
    bool needs_sweep() const;
    void sweep();

    Service& service_;
    std::unique_ptr<Poller> poller_;
    Place place_ = [this](Client&& client) { adopt(std::move(client)); };
    net::Pages buffer_;
    const Faults* faults_ = nullptr;
    std::vector<net::Pages> spare_pages_;
    std::size_t pages_taken_ = 0;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::unique_ptr<DatagramSource>> datagram_sources_;
    std::optional<DatagramEcho> datagram_echo_;
    ConnectionList connections_;
    std::size_t other_sources_ = 0;
    Waker waker_;
    net::Deadline now_{};
    bool now_known_ = false;
    net::Deadline next_sweep_{};
    bool draining_ = false;
    net::Deadline drain_deadline_ = net::no_deadline;
};

// Serves one connection to its end on the calling thread.
void serve_alone(Service& service, Client&& client);

}  // namespace sockbox::serve

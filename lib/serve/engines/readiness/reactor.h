// One thread's event loop over a Poller: listeners, datagrams and connections.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "serve/datagrams/datagram_echo.h"
#include "serve/engines/loop_duties.h"
#include "serve/engines/readiness/connection.h"
#include "serve/engines/readiness/poller.h"
#include "serve/listeners.h"
#include "serve/service.h"
#include "system/memory.h"

namespace sockbox::serve {

class DatagramSource final : public EventSource {
  public:
    DatagramSource(DatagramEcho& echo, net::Socket socket)
        : echo_(echo), listener_{std::move(socket)} {}

    net::Status watch(Poller& poller) {
        if (auto prepared = echo_.prepare(listener_); !prepared)
            return prepared;
        return poller.watch(listener_.socket.native(), *this, Interest::read);
    }

    void on_ready() override { echo_.answer(listener_); }

    // Answers the datagrams that have already arrived, then closes the socket.
    void finish(Poller& poller) {
        echo_.finish(listener_);
        poller.forget(listener_.socket.native());
        listener_.socket.close();
    }

  private:
    DatagramEcho& echo_;
    DatagramListener listener_;
};

class Reactor;

class Acceptor final : public EventSource {
  public:
    Acceptor(Reactor& reactor, net::Socket listener);

    net::Status watch();
    void on_ready() override;

    // Listens only if no pause is active and the reactor takes clients.
    void check_time();
    // When the pause ends; no_deadline if there is none.
    net::Deadline resumes() const noexcept { return pause_.ends(); }

    // Accepts the clients already in the backlog, then closes the listener.
    void finish();

  private:
    enum class Step : std::uint8_t { more, none_waiting, pause };
    Step accept_one();
    void stop_watching();
    void pause();

    Reactor& reactor_;
    net::Socket listener_;
    bool watched_ = false;
    AcceptPause pause_;
};

// Every method is called from the thread that runs the loop.
class Reactor {
  public:
    Reactor(Service& service, std::unique_ptr<Poller> poller);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    ~Reactor();

    // Sets what becomes of accepted connections; by default the reactor serves them itself.
    void send_clients_to(ClientSink sink) { sink_ = std::move(sink); }

    // Serves a connection. If memory runs out or it cannot be watched, it is closed and reported.
    void adopt(Client&& client) noexcept;

    // Acquires the resources needed to serve and, if `datagrams`, to answer datagrams. Comes before
    // all of the following.
    net::Status open(bool datagrams = false);

    // Adds a source of work other than listeners: run() continues until it has been removed.
    net::Status add(net::NativeSocket socket, EventSource& source);
    void remove(net::NativeSocket socket);
    // Calls `give_up`, which removes them, if other sources are left a second after the deadline of
    // the drain or the abort.
    void give_up_others_with(std::function<void()> give_up) { give_up_ = std::move(give_up); }

    // Serves until no listener, other source or connection is left; existing connections are
    // finished when the drain begins. Fails only if the system cannot wait.
    net::Status run();

    // Serves these listeners like run(). Also fails if they cannot be watched. On failure raises
    // the drain of the service.
    net::Status serve(Listeners listeners);

    // Accepts the next client only when the one before has ended. When the drain begins, those that
    // wait are served together.
    void serve_one_at_a_time() noexcept { one_at_a_time_ = true; }

    // Connections block in receives where this is cheaper; only if there is never more than one.
    void block_in_receives(BlockedReceivers& receivers) noexcept;
    // Wakes the threads that block in receives when the drain begins, or if serve() fails.
    void wake_at_drain(BlockedReceivers& receivers) noexcept { woken_at_drain_ = &receivers; }

    // For connections and acceptors.
    Service& service() noexcept { return service_; }
    Poller& poller() noexcept { return *poller_; }
    void new_turn() noexcept { duties_.new_turn(); }
    net::Deadline now() noexcept { return duties_.now(); }
    bool draining() const noexcept { return duties_.draining(); }
    net::Deadline drain_deadline() const noexcept { return duties_.drain_deadline(); }
    BufferPool& pool() noexcept { return pool_; }
    const Faults* faults() const noexcept { return faults_; }  // of streams; null without faults
    const ClientSink& sink() const noexcept { return sink_; }
    bool takes_clients() const noexcept {
        return !one_at_a_time_ || connections_.empty() || draining();
    }
    void destroy(Connection& connection);

  private:
    class Waker final : public EventSource {
      public:
        void on_ready() override {}
    };

    net::Status listen(std::vector<net::Socket> tcp);
    net::Status answer_datagrams(std::vector<net::Socket> udp);
    net::Status take_turn();
    net::Status wait(net::Deadline deadline);
    bool idle() const;
    net::Deadline next_deadline();
    net::Deadline next_leave();
    void after_wait();
    void begin_drain();
    void abort_all();
    void give_up_others();
    bool needs_sweep() const;
    void wake_others() noexcept;
    void end_others() noexcept;

    Service& service_;
    std::unique_ptr<Poller> poller_;
    ClientSink sink_ = [this](Client&& client) { adopt(std::move(client)); };
    BufferPool pool_;
    const Faults* const faults_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::unique_ptr<DatagramSource>> datagram_sources_;
    std::optional<DatagramEcho> datagram_echo_;
    ConnectionList connections_;
    std::size_t other_sources_ = 0;
    std::function<void()> give_up_;
    net::Deadline give_up_at_ = net::no_deadline;
    bool aborting_ = false;
    bool one_at_a_time_ = false;
    BlockedReceivers* receivers_ = nullptr;       // null: connections never block
    BlockedReceivers* woken_at_drain_ = nullptr;  // may be null
    Waker waker_;
    LoopDuties duties_;
};

// Serves one connection to its end on the calling thread. `receivers` (may be null) must be woken
// when the drain of the service begins.
void serve_alone(Service& service, Client&& client, BlockedReceivers* receivers = nullptr);

}  // namespace sockbox::serve

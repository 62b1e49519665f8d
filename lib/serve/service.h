// Shared by every engine: options, limits, counters and the observer.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "net/signals.h"
#include "net/streams.h"
#include "serve/limits/admission.h"
#include "serve/status/counters.h"
#include "system/clock.h"

namespace sockbox::serve {

// How an engine serves.
struct ServeOptions {
    std::size_t workers = 1;  // threads of the pool when idle, or event loops
    std::size_t max_workers = 1024;
    Limits limits;
    DatagramOptions datagrams;
    std::shared_ptr<const Faults> faults;  // of connections; may be null
    std::optional<std::chrono::nanoseconds> idle_timeout;
    std::chrono::nanoseconds write_timeout = std::chrono::seconds(60);
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(5);
    std::chrono::nanoseconds spin{0};  // how long to poll before sleeping (net::Spin)
    net::Prepare prepare_accepted;  // for options that a connection does not inherit; may be empty
};

// Kinds of trouble; each is reported at most once per second.
enum class Trouble : std::uint8_t { accept, refused, start_worker };

// An accepted connection on its way to the thread that serves it.
struct Client {
    net::Socket socket;
    Admission::Ticket ticket;
};

// Takes over a client. If it throws std::bad_alloc, the client is unchanged.
using ClientSink = std::function<void(Client&&)>;

// Shared by all threads of a server. Everything it refers to must outlive it.
class Service {
  public:
    Service(const ServeOptions& options, Counters& counters, Observer& observer,
            net::StopSignal& drain, const net::StopSignal& abort);

    const ServeOptions& options() const noexcept { return options_; }
    Counters& counters() const noexcept { return counters_; }
    Observer& observer() const noexcept { return observer_; }
    // When `drain` is raised: accept no more clients and finish open connections. When `abort` is
    // raised after that: end at once.
    net::StopSignal& drain() const noexcept { return drain_; }
    const net::StopSignal& abort() const noexcept { return abort_; }

    // Reports to the observer that the engine is ready; fails if no descriptor is left for the
    // first client.
    net::Status begin();

    // When the drain ends. The first call starts the drain and reports it to the observer.
    net::Deadline drain_deadline();

    // Whether the sessions of this service count themselves as open. Those of a child process do
    // not: it may be killed between any two instructions, so its parent counts it.
    bool counts_open() const noexcept { return counts_open_; }
    void leave_open_to_others() noexcept { counts_open_ = false; }

    // How often to check the timeouts of connections.
    std::chrono::nanoseconds sweep_interval(bool draining) const noexcept;

    // Passes a new connection to `sink`, or refuses and counts it. Running out of memory costs
    // this connection only.
    void accept_client(net::Socket accepted, const ClientSink& sink) noexcept;

    // For an engine that learns late which connections have ended: `free` is called by the thread
    // that calls accept_client(), before it refuses a client, to give back their places.
    void free_places_with(std::function<void()> free) { free_places_ = std::move(free); }

    // Reports an error to the observer, at most once per second for each kind. From any thread.
    void report_trouble(Trouble kind, const net::Error& error);

  private:
    tl::expected<Admission::Ticket, Refused> find_place(const net::Endpoint& peer);
    std::optional<Client> admit(net::Socket accepted, const net::Endpoint& peer);
    void hand_over(Client&& client, const ClientSink& sink) noexcept;

    const ServeOptions& options_;
    Counters& counters_;
    Observer& observer_;
    net::StopSignal& drain_;
    const net::StopSignal& abort_;
    Admission admission_;
    std::function<void()> free_places_;  // usually empty
    bool counts_open_ = true;
    std::atomic<net::Deadline> drain_deadline_{net::no_deadline};
    std::array<std::atomic<net::Deadline>, 3>
        next_report_{};  // by Trouble: when it may be reported again
};

}  // namespace sockbox::serve

// What every engine is given: the options, the limits, and where to count and to tell.
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

struct ServeOptions {
    std::size_t workers = 1;  // threads of the pool at rest, or reactors
    std::size_t max_workers = 1024;
    Limits limits;
    DatagramOptions datagrams;
    std::shared_ptr<const Faults> faults;  // of connections; may be null
    std::optional<std::chrono::nanoseconds> idle_timeout;
    std::chrono::nanoseconds write_timeout = std::chrono::seconds(60);
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(5);
    net::Prepare prepare_accepted;  // for what a connection does not inherit; may be empty
};

// Kinds of trouble, each told once a second at most.
enum class Trouble : std::uint8_t { accept, refused, start_worker };

// An accepted connection on its way to whoever serves it.
struct Client {
    net::Socket socket;
    Admission::Ticket ticket;
};

// Takes a client over. Where it throws std::bad_alloc instead, the client is as it was.
using Place = std::function<void(Client&&)>;

// Shared by all threads of a server. All that it refers to outlives it.
class Service {
  public:
    Service(const ServeOptions& options, Counters& counters, Observer& observer,
            net::StopSignal& drain, const net::StopSignal& abort);

    const ServeOptions& options() const noexcept { return options_; }
    Counters& counters() const noexcept { return counters_; }
    Observer& observer() const noexcept { return observer_; }
    // Raised: accept no more, finish what is under way. Then raised: end at once.
    net::StopSignal& drain() const noexcept { return drain_; }
    const net::StopSignal& abort() const noexcept { return abort_; }

    // Tells the observer that the engine is ready; fails instead where no descriptor is left for
    // the first client.
    net::Status begin();

    // When the drain is over; the first call starts it, and tells the observer.
    net::Deadline drain_deadline();

    // How often to look at the connections' time.
    std::chrono::nanoseconds sweep_interval(bool draining) const noexcept;

    // Hands a new connection to `place`, or refuses and counts it; who its peer is, is asked here.
    // Where memory lacks, that costs this connection alone.
    void welcome(net::Socket accepted, const Place& place) noexcept;

    // For an engine that hears late which connections are over: called before somebody is refused,
    // by the thread that welcomes, to give their places back.
    void free_places_with(std::function<void()> free) { free_places_ = std::move(free); }

    void tell(Trouble kind, const net::Error& error);

  private:
    tl::expected<Admission::Ticket, Refused> find_place(const net::Endpoint& peer);
    std::optional<Client> admit(net::Socket accepted, const net::Endpoint& peer);
    void hand_over(Client&& client, const Place& place) noexcept;

    const ServeOptions& options_;
    Counters& counters_;
    Observer& observer_;
    net::StopSignal& drain_;
    const net::StopSignal& abort_;
    Admission admission_;
    std::function<void()> free_places_;  // mostly empty
    std::atomic<net::Deadline> drain_deadline_{net::no_deadline};
    std::array<std::atomic<net::Deadline>, 3> told_{};  // by Trouble: when it may be told again
};

}  // namespace sockbox::serve

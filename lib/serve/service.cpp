// Admission, the drain deadline and rate-limited error reports for all engines.
#include "serve/service.h"

#include <algorithm>

#include "serve/session.h"
#include "system/memory.h"

namespace sockbox::serve {
namespace {

using std::chrono::milliseconds;

// Bounds on the interval at which timeouts of connections are checked.
constexpr milliseconds min_sweep_interval{10};
constexpr milliseconds max_sweep_interval{1000};
constexpr milliseconds drain_sweep_interval{20};

// Discards what the peer has already sent, because closing a socket with unread input sends a
// reset.
void close_without_reset(net::Socket socket) {
    std::array<std::byte, 4096> dropped;
    static_cast<void>(socket.set_blocking(false));
    static_cast<void>(socket.shutdown(net::ShutdownHow::send));
    while (socket.receive(dropped).done()) {
    }
}

}  // namespace

Service::Service(const ServeOptions& options, Counters& counters, Observer& observer,
                 net::StopSignal& drain, const net::StopSignal& abort)
    : options_(options),
      counters_(counters),
      observer_(observer),
      drain_(drain),
      abort_(abort),
      admission_(options.limits, drain) {}

std::chrono::nanoseconds Service::sweep_interval(bool draining) const noexcept {
    if (draining)
        return drain_sweep_interval;
    std::chrono::nanoseconds shortest = options_.write_timeout;
    if (options_.idle_timeout)
        shortest = std::min(shortest, *options_.idle_timeout);
    return std::clamp<std::chrono::nanoseconds>(shortest / 10, min_sweep_interval,
                                                max_sweep_interval);
}

net::Status Service::begin() {
    if (auto spare = net::StopSignal::create(); !spare)
        return net::fail({spare.error().code, "accept the first client", {}, {}, {}});
    observer_.ready();
    return {};
}

net::Deadline Service::drain_deadline() {
    // Several threads may arrive here at once; the exchange lets exactly one of them set the
    // deadline and report the drain.
    net::Deadline unset = net::no_deadline;
    const auto set = std::min(net::deadline_in(options_.drain_timeout),
                              net::no_deadline - std::chrono::nanoseconds(1));
    if (drain_deadline_.compare_exchange_strong(unset, set))
        observer_.drain_began();
    return drain_deadline_.load();
}

void Service::accept_client(net::Socket accepted, const ClientSink& sink) noexcept {
    // Systems differ in whether accept() still returns a connection that was reset in the backlog.
    const auto peer = accepted.peer();
    if (!peer)
        return counters_.accept_failures.add();
    try {
        if (auto client = admit(std::move(accepted), *peer))
            hand_over(std::move(*client), sink);
    } catch (const std::bad_alloc&) {
        counters_.accept_failures.add();
        report_trouble(Trouble::accept, net::out_of_memory("accept"));
    }
}

void Service::hand_over(Client&& client, const ClientSink& sink) noexcept {
    try {
        sink(std::move(client));
    } catch (const std::bad_alloc&) {
        reject(*this, std::move(client), net::out_of_memory("serve"));
    }
}

tl::expected<Admission::Ticket, Refused> Service::find_place(const net::Endpoint& peer) {
    auto ticket = admission_.admit(peer);
    if (ticket || !free_places_)
        return ticket;
    free_places_();
    return admission_.admit(peer);
}

std::optional<Client> Service::admit(net::Socket accepted, const net::Endpoint& peer) {
    auto ticket = find_place(peer);
    if (!ticket) {
        counters_.refused[static_cast<std::size_t>(ticket.error().reason)].add();
        report_trouble(Trouble::refused, ticket.error().error);
        close_without_reset(std::move(accepted));
        return std::nullopt;
    }
    if (options_.prepare_accepted) {
        if (auto prepared = options_.prepare_accepted(accepted); !prepared) {
            report_trouble(Trouble::accept, prepared.error());
            return std::nullopt;
        }
    }
    counters_.accepted.add();
    observer_.opened(peer);
    return Client{std::move(accepted), std::move(*ticket)};
}

void Service::report_trouble(Trouble kind, const net::Error& error) {
    const net::Deadline now = net::Clock::now();
    auto& next = next_report_[static_cast<std::size_t>(kind)];
    net::Deadline due = next.load();
    // If several threads report the same kind at once, the exchange lets exactly one of them
    // through.
    if (now >= due && next.compare_exchange_strong(due, now + std::chrono::seconds(1)))
        observer_.trouble(error);
}

}  // namespace sockbox::serve

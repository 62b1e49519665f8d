// Looking up the addresses of a host without blocking, IPv4 and IPv6 side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/signals.h"
#include "net/socket.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::probe {

// The lookups of a host. getaddrinfo(3) waits for the answers for both families before it returns
// either, so Families::apart asks for each family in a thread of its own (RFC 8305, section 3),
// except for localhost. A lookup in progress cannot be interrupted: the destructor abandons it, and
// its thread ends when the resolver gives up or the process exits. Used by one thread at a time.
//
//     HostLookup lookup("www.example.org", 80, net::Family::any, net::Transport::tcp,
//                       HostLookup::Families::apart);
//     while (!lookup.families_under_way().empty() && lookup.wait(deadline))
//         for (const HostLookup::Answer& answer : lookup.take())
//             use(answer);
class HostLookup {
  public:
    enum class Families : std::uint8_t { together, apart };

    // Starts the lookups. A numeric address is answered at once; so is any host if no thread can be
    // started, which then blocks.
    HostLookup(const std::string& host, std::uint16_t port, net::Family family,
               net::Transport transport, Families families);
    HostLookup(HostLookup&&) noexcept;
    ~HostLookup();

    struct Answer {
        net::Family family;  // what was asked for; any: both
        net::Result<std::vector<net::Endpoint>> endpoints;
    };
    // The answers since the last call, in the order in which they came.
    std::vector<Answer> take();
    // What the lookups ask for whose answers have not been taken.
    std::vector<net::Family> families_under_way() const;
    // They become readable when an answer arrives. For polling only.
    std::vector<net::NativeSocket> waitables() const;
    // Blocks until there is an answer to take; returns false if the deadline passes or `stop` (may
    // be null) is raised first.
    bool wait(net::Deadline deadline, const net::StopSignal* stop = nullptr) const;

  private:
    struct Question;
    void start(const std::shared_ptr<Question>& question);
    std::vector<std::shared_ptr<Question>> questions_;  // under way, or not taken
};

// The error of a host none of whose answers (at least one) contains an address: a temporary one if
// there is one, because the other family may exist.
net::Error error_of_answers(std::span<const HostLookup::Answer> answers);

// The error of a lookup that found nothing because `timeout` passed.
net::Error lookup_timed_out(const std::string& host, std::chrono::nanoseconds timeout);

// The error of a lookup that found nothing because it was interrupted.
net::Error lookup_interrupted(const std::string& host);

// Looks up a host as net::resolve_endpoints() does, but not for longer than `timeout`, and until
// `stop` (may be null) is raised.
//
//     const auto endpoints = look_up_host("www.example.org", 80, net::Family::any,
//                                         net::Transport::tcp, std::chrono::seconds(12));
//     if (!endpoints)
//         return net::fail(endpoints.error());
net::Result<std::vector<net::Endpoint>> look_up_host(const std::string& host, std::uint16_t port,
                                                     net::Family family, net::Transport transport,
                                                     std::chrono::nanoseconds timeout,
                                                     const net::StopSignal* stop = nullptr);

}  // namespace sockbox::probe

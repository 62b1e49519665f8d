// Limits on connections: in total, per client, and by access list.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/endpoint.h"
#include "net/signals.h"
#include "serve/limits/access_list.h"
#include "system/result.h"

namespace sockbox::serve {

// Why a client is refused.
enum class Refusal : std::uint8_t {
    denied,  // by the access list
    max_connections,
    max_per_client,
    once,  // the one client of Limits::once has already come
};

// By Refusal, as in the metrics.
inline constexpr std::array<std::string_view, 4> refusal_reasons{"denied", "max_connections",
                                                                 "max_per_client", "once"};

struct Refused {
    Refusal reason;
    net::Error error;  // without a code, suitable for a log line
};

struct Limits {
    std::size_t connections = 0;  // 0: unlimited
    std::size_t per_client = 0;   // connections from one client; 0: unlimited
    unsigned ipv6_prefix = 64;    // IPv6 addresses that share so many bits are one client
    bool once = false;            // serve one client, then drain
    AccessList access;
};

// Every method may be called from any thread.
class Admission {
  public:
    // `limits` and `drain` must outlive the object. `drain` is raised when the one client of
    // Limits::once is gone.
    Admission(const Limits& limits, net::StopSignal& drain) : limits_(limits), drain_(drain) {}

    // A client's place among the limits, released by give_back() or the destructor.
    class Ticket {
      public:
        Ticket(Ticket&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)),
              number_(other.number_),
              peer_(other.peer_) {}
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket() { give_back(); }
        void give_back() noexcept;
        const net::Endpoint& peer() const noexcept { return peer_; }
        std::uint64_t number() const noexcept { return number_; }  // from 1

      private:
        friend class Admission;
        Ticket(Admission& admission, const net::Endpoint& peer, std::uint64_t number) noexcept
            : admission_(&admission), number_(number), peer_(peer) {}

        Admission* admission_;
        std::uint64_t number_;
        net::Endpoint peer_;
    };

    tl::expected<Ticket, Refused> admit(const net::Endpoint& peer);

  private:
    void release(const net::Endpoint& peer);
    net::Endpoint client_of(const net::Endpoint& peer) const noexcept;

    const Limits& limits_;
    net::StopSignal& drain_;
    std::uint64_t admitted_ = 0;  // clients so far
    std::mutex mutex_;
    std::size_t open_ = 0;
    std::unordered_map<net::Endpoint, std::size_t> open_by_client_;  // keyed by client_of()
};

}  // namespace sockbox::serve

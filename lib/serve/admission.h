// Who may connect: bounds on the connections at once, of all clients and of each.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/endpoint.h"
#include "net/result.h"

namespace sockbox::serve {

// Why a client is turned away.
enum class Refusal : std::uint8_t { max_connections, max_per_client };

// By Refusal, as metrics name them.
inline constexpr std::array<std::string_view, 2> refusal_reasons{"max_connections",
                                                                 "max_per_client"};

struct Refused {
    Refusal reason;
    net::Error error;  // without code, fit for a log line
};

struct Limits {
    std::size_t connections = 0;  // 0: no bound
    std::size_t per_client = 0;   // connections from one address; 0: no bound
};

// May be used from any thread.
class Admission {
  public:
    explicit Admission(Limits limits) : limits_(limits) {}

    // A client's place among those served, given back when it is destroyed.
    class Ticket {
      public:
        Ticket(Ticket&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)), peer_(other.peer_) {}
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();
        const net::Endpoint& peer() const noexcept { return peer_; }

      private:
        friend class Admission;
        Ticket(Admission& admission, const net::Endpoint& peer) noexcept
            : admission_(&admission), peer_(peer) {}

        Admission* admission_;
        net::Endpoint peer_;
    };

    tl::expected<Ticket, Refused> admit(const net::Endpoint& peer);

  private:
    void release(const net::Endpoint& peer);

    const Limits limits_;
    std::mutex mutex_;
    std::size_t open_ = 0;
    std::unordered_map<net::Endpoint, std::size_t> open_by_client_;  // by address, port 0
};

}  // namespace sockbox::serve

// Who may connect: bounds on the connections at once, of all clients and of each.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/endpoint.h"
#include "net/result.h"

namespace sockbox::serve {

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

    // Why a client is refused is an error without code, fit for a log line.
    net::Result<Ticket> admit(const net::Endpoint& peer);

  private:
    void release(const net::Endpoint& peer);

    const Limits limits_;
    std::mutex mutex_;
    std::size_t open_ = 0;
    std::unordered_map<net::Endpoint, std::size_t> open_by_client_;  // by address, port 0
};

}  // namespace sockbox::serve

// Which address of a server an endless run uses, and when its name is looked up again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/endpoint.h"
#include "system/clock.h"

namespace sockbox::probe {

struct AddressChoiceOptions {
    // The time between two lookups; 0: none once there is an address.
    std::chrono::nanoseconds resolve_every{std::chrono::minutes(1)};
    std::chrono::nanoseconds timeout{};  // of a reply
    bool has_name = true;                // false: the address given is the only one
};

// A state machine without a clock or a socket: its callers report what happened and when, and ask
// whether to look up the name and which address to use. It looks up the name
//  - until there is an address, with pauses that grow from 1 s to 30 s;
//  - then every `resolve_every`;
//  - and in an outage that lasts three timeouts, at least a second, as often as that.
// It stays with an address as long as that is among those of the name. An address that has never
// answered gives way to the next one in an outage, and at once if it cannot be used.
class AddressChoice {
  public:
    using Time = net::Clock::time_point;

    // `address`: already known; nullopt: to be looked up first.
    AddressChoice(const AddressChoiceOptions& options, std::optional<net::Endpoint> address,
                  Time now);

    const std::optional<net::Endpoint>& address() const noexcept { return address_; }

    // Something came back from the address in use.
    void heard() noexcept {
        outage_.reset();
        has_answered_ = true;
    }
    // Nothing has come back since then, although messages were sent or should have been.
    void missed(Time since) noexcept { outage_ = since; }

    // When a lookup is due; no_deadline while one is under way.
    net::Deadline next_lookup() const noexcept;
    void lookup_began() noexcept { is_asking_ = true; }
    // The outcome of a lookup; both return whether address() has changed. `found` is not empty.
    bool take_answer(std::span<const net::Endpoint> found, Time now);
    void take_failure(Time now) noexcept;

    // The system refuses to send to the address: goes on to the next one that was found. Returns
    // whether there was one that had not been tried since the latest answer.
    bool try_next();

  private:
    std::chrono::nanoseconds patience() const noexcept;
    const net::Endpoint& after_current() const;

    AddressChoiceOptions options_;
    std::optional<net::Endpoint> address_;
    std::vector<net::Endpoint> found_;  // the latest answer
    std::size_t tried_ = 0;             // of found_, by try_next()
    std::optional<Time> outage_;
    bool has_answered_ = false;  // the address in use
    bool is_asking_ = false;
    unsigned failures_ = 0;  // of lookups, in a row
    Time looked_up_;         // the end of the latest lookup, or the start
};

}  // namespace sockbox::probe

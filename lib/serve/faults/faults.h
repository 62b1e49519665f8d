// Faults that a server makes on purpose, for clients to be tested against.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::serve {

// What goes wrong, and how often; shares are from 0 to 1.
struct Faults {
    std::chrono::nanoseconds delay{0};
    std::chrono::nanoseconds jitter{0};        // the delay differs by up to so much, either way
    double drop = 0;                           // of datagrams
    double duplicate = 0;                      // of datagrams
    double reorder = 0;                        // of datagrams: each leaves after the one behind it
    double truncate = 0;                       // of datagrams: their ends are missing
    double corrupt = 0;                        // of datagrams, or of a connection's bytes
    std::optional<std::uint64_t> close_after;  // bytes of a connection
    std::optional<std::uint64_t> reset_after;  // likewise
    std::chrono::nanoseconds stall{0};         // nothing leaves for so long…
    std::chrono::nanoseconds stall_every{0};   // …at the end of each such time
    std::uint64_t throttle = 0;  // bytes a second, of a connection or of all datagrams; 0: no bound
    std::uint64_t seed = 0;
    net::Deadline began{};  // from when stalls are counted

    struct Spec {
        std::string text;  // as it was given: "delay=20ms~5ms"
        bool streams = false;
        bool datagrams = false;
    };
    std::vector<Spec> specs;

    // Adds one: "delay=20ms", "drop=1%". Fails where it follows no grammar, or comes twice.
    net::Status add(std::string_view text);

    bool concern(net::Transport transport) const noexcept;
    // The specs that concern it, joined by commas.
    std::string describe(net::Transport transport) const;

    // The end of the stall at that time; the time itself where there is none.
    net::Deadline after_stall(net::Deadline when) const noexcept;
};

// Numbers that look random and are the same for the same seed, on every system.
class FaultDice {
  public:
    FaultDice(std::uint64_t seed, std::uint64_t stream) noexcept;

    std::uint64_t number() noexcept;
    // From 0 to below 1.
    double share() noexcept;
    // True with that probability. Always takes one number, so that what comes later stays the same.
    bool happens(double probability) noexcept { return share() < probability; }
    // Around `delay`, by up to `jitter`, never negative.
    std::chrono::nanoseconds around(std::chrono::nanoseconds delay,
                                    std::chrono::nanoseconds jitter) noexcept;
    // A byte other than this one.
    std::byte other_than(std::byte byte) noexcept;

  private:
    std::uint64_t state_;
};

}  // namespace sockbox::serve

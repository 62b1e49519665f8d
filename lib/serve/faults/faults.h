// Faults that a server injects on purpose, to test clients.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"
#include "stats/split_mix.h"
#include "system/clock.h"
#include "system/result.h"
#include "text/candidate.h"

namespace sockbox::serve {

// What goes wrong and how often. Probabilities are from 0 to 1.
struct Faults {
    std::chrono::nanoseconds delay{0};
    std::chrono::nanoseconds jitter{0};  // the delay varies by up to this much in either direction
    double drop = 0;                     // of a datagram
    double duplicate = 0;                // of a datagram
    double reorder = 0;                  // of a datagram: it leaves after the next one
    double truncate = 0;                 // of a datagram: its end is cut off
    double corrupt = 0;                  // of a datagram, or of each byte of a connection
    std::optional<std::uint64_t> close_after;  // end a connection after this many bytes
    std::optional<std::uint64_t> reset_after;  // likewise, with a reset
    std::chrono::nanoseconds stall{0};         // nothing leaves for this long...
    std::chrono::nanoseconds stall_every{0};   // ...at the end of each such interval
    // Bytes per second, per connection or for all datagrams; 0: unlimited.
    std::uint64_t throttle = 0;
    std::uint64_t seed = 0;
    net::Deadline began{};  // the start of the first stall interval

    struct Spec {
        std::string text;  // as specified: "delay=20ms~5ms"
        bool streams = false;
        bool datagrams = false;
    };
    std::vector<Spec> specs;

    // Adds a fault: "delay=20ms", "drop=1%". Fails if it is malformed or given twice.
    net::Status add(std::string_view text);

    // "delay=" and the other faults, with an example each; with the '=', the units of the number
    // that follows: "delay=20ms" for "delay=20".
    static net::Candidates candidates(std::string_view typed);

    bool concern(net::Transport transport) const noexcept;
    // The faults that apply to this transport, joined by commas.
    std::string to_text(net::Transport transport) const;

    // The end of the stall in progress at `when`; `when` itself if there is none.
    net::Deadline after_stall(net::Deadline when) const noexcept;
};

// A duration of so many seconds. Unlike llround(), it does not need libm, which would add 300 KiB
// to the memory of a server.
inline std::chrono::nanoseconds to_duration(double seconds) noexcept {
    return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

// Pseudo-random numbers that are the same for the same seed on every system.
class FaultDice {
  public:
    FaultDice(std::uint64_t seed, std::uint64_t stream) noexcept;

    std::uint64_t number() noexcept;
    // In [0, 1).
    double share() noexcept;
    // True with this probability. Always draws one number, so that later results do not depend on
    // the probability.
    bool happens(double probability) noexcept { return share() < probability; }
    // A duration within `jitter` of `delay`, never negative.
    std::chrono::nanoseconds around(std::chrono::nanoseconds delay,
                                    std::chrono::nanoseconds jitter) noexcept;
    // A byte that differs from this one.
    std::byte other_than(std::byte byte) noexcept;

  private:
    stats::SplitMix numbers_;
};

}  // namespace sockbox::serve

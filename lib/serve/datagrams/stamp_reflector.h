// A STAMP Session-Reflector (RFC 8762, unauthenticated mode, with the extensions of RFC 8972).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "net/datagram_batch.h"
#include "net/stamp.h"
#include "system/clock.h"

namespace sockbox::serve {

struct StampReflectorOptions {
    bool stateful =
        false;  // number the packets of each session itself instead of copying the sender's number
    net::stamp::Format format = net::stamp::Format::ntp;
};

// Answers one datagram at a time. For one thread.
class StampReflector {
  public:
    explicit StampReflector(const StampReflectorOptions& options) : options_(options) {}

    // Makes a bound socket report the TTL or hop limit, the traffic class and, if supported, kernel
    // timestamps of arrivals.
    static net::Status prepare(net::Socket& socket);

    // Replaces a test packet with the reflected packet, which has the same length, so there is no
    // amplification. Returns false if it is not a test packet: shorter than the 44 bytes of RFC
    // 8762.
    bool reflect(net::BatchedDatagram& datagram);

    // The sessions that are remembered; beyond that, an arbitrary one is forgotten.
    static constexpr std::size_t max_sessions = 65536;

  private:
    struct SessionId {
        net::Endpoint peer;
        std::uint16_t number;
        friend bool operator==(const SessionId&, const SessionId&) = default;
    };
    struct Hash {
        std::size_t operator()(const SessionId& id) const noexcept {
            return std::hash<net::Endpoint>()(id.peer) * 31 + id.number;
        }
    };

    std::uint32_t count(const SessionId& id);
    const net::stamp::LocalClock& clock_now();

    StampReflectorOptions options_;
    std::unordered_map<SessionId, std::uint32_t, Hash> sessions_;
    std::optional<net::stamp::LocalClock> clock_;
    net::Clock::time_point clock_until_{};  // when the clock's quality is determined again
};

}  // namespace sockbox::serve

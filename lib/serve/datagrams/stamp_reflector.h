// The Session-Reflector of STAMP (RFC 8762, unauthenticated mode; extensions of RFC 8972).
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
        false;  // counts each session's packets itself, else repeats the sender's number
    net::stamp::Format format = net::stamp::Format::ntp;
};

// Answers one datagram at a time, by one thread.
class StampReflector {
  public:
    explicit StampReflector(const StampReflectorOptions& options) : options_(options) {}

    // Lets a bound socket tell TTL, traffic class and, where the system does, the time of arrival.
    static net::Status prepare(net::Socket& socket);

    // Makes the answer in place of the question: as long as it was, so never longer. False where
    // it is no question: shorter than STAMP's 44 bytes.
    bool reflect(net::BatchedDatagram& datagram);

    // Sessions that are remembered; with more of them, one of the others is forgotten.
    static constexpr std::size_t most_sessions = 65536;

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
    net::Clock::time_point clock_until_{};  // when its quality is asked for again
};

}  // namespace sockbox::serve

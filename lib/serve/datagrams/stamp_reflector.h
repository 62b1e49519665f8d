// A STAMP Session-Reflector (RFC 8762, with the extensions of RFC 8972).
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "net/datagram_batch.h"
#include "net/stamp_extensions.h"
#include "serve/datagrams/datagram_echo.h"
#include "system/clock.h"

namespace sockbox::serve {

struct StampReflectorOptions {
    bool stateful =
        false;  // number the packets of each session itself instead of copying the sender's number
    net::stamp::Format format = net::stamp::Format::ntp;
    bool answers_short = true;  // packets of TWAMP Light that are shorter than those of STAMP
    std::optional<net::HmacKey> key{};  // for authenticated mode, and for extensions in both modes
    net::stamp::Mode mode = net::stamp::Mode::open;  // authenticated mode requires a key
};

// Answers one datagram at a time. For one thread.
class StampReflector {
  public:
    explicit StampReflector(const StampReflectorOptions& options);

    // Makes a bound socket report the TTL or hop limit, the traffic class and, if supported, kernel
    // timestamps of arrivals.
    static net::Status prepare(net::Socket& socket);

    // The port on which the packets arrive, for the extension that reports it.
    void set_port(std::uint16_t port) noexcept { port_ = port; }

    // Replaces a test packet with the reflected packet, which has the same length, or 44 bytes if
    // it was shorter (RFC 8762, section 4.6). It is none if it is shorter than 14 bytes, without
    // `answers_short` than 44, or in authenticated mode than 112.
    Made reflect(net::BatchedDatagram& datagram, net::Deadline now = net::Clock::now());

    // The sessions that are remembered; beyond that, the one that was idle longest is forgotten.
    static constexpr std::size_t max_sessions = 65536;
    // After this long without a packet a session is forgotten; the next one is numbered 0. It is
    // REFWAIT of RFC 5357, section 4.2.
    static constexpr std::chrono::minutes session_lasts{15};

  private:
    struct SessionId {
        net::Endpoint peer;
        std::uint16_t number;
        friend bool operator==(const SessionId&, const SessionId&) = default;
    };
    struct Session {
        SessionId id;
        std::uint32_t packets = 0;
        net::Deadline seen{};
        std::uint64_t left = 0;  // when the latest answer left, as its timestamp
    };
    // With a secret, so that a sender cannot choose sessions that share a bucket.
    struct Hash {
        std::uint64_t secret;
        std::size_t operator()(const SessionId& id) const noexcept;
    };

    // The session, moved to the front; a new one takes the place of the one that was idle longest.
    Session& find_session(const SessionId& id, net::Deadline now);
    // Completes the answer, and the extensions that follow it.
    net::stamp::Reflected fill_in(net::BatchedDatagram& datagram, net::stamp::Answer& answer,
                                  Session* session, bool has_extensions);
    const net::stamp::LocalClock& clock_now(net::Deadline now);

    StampReflectorOptions options_;
    std::uint16_t port_ = 0;
    std::list<Session> sessions_;  // the one that was idle longest is last
    std::unordered_map<SessionId, std::list<Session>::iterator, Hash> by_id_;
    std::optional<net::stamp::LocalClock> clock_;
    net::Clock::time_point clock_until_{};  // when the clock's quality is determined again
};

}  // namespace sockbox::serve

// The accounting and timeouts of one connection, the same in every engine.
#pragma once

#include "serve/service.h"

namespace sockbox::serve {

// A connection that is being served, by one thread at a time.
class Session {
  public:
    Session(Service& service, Client client, net::Deadline now) noexcept;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    // Reports the connection as failed if end() has not been called.
    ~Session();

    net::Socket& socket() noexcept { return socket_; }
    const net::Socket& socket() const noexcept { return socket_; }

    void received(std::size_t bytes, net::Deadline now) noexcept;
    void sent(std::size_t bytes, net::Deadline now) noexcept;
    // Bytes that a fault held back may be sent from now on, so the write timeout begins.
    void released(net::Deadline now) noexcept { active_ = now; }
    std::uint64_t received_bytes() const noexcept { return received_; }
    std::uint64_t number() const noexcept { return ticket_.number(); }

    // Reports and counts the end, the first time only, and gives back the client's place. Call it
    // before the peer can see the end, because it may reconnect at once. A connection that lingers
    // after that no longer counts against the limits.
    void end(EndReason reason, net::Deadline now, std::error_code error = {});
    // Likewise, with the reason derived from the error of a transfer.
    void end_by(const std::error_code& error, net::Deadline now);
    // Likewise, because the server stops at once: as aborted, with a reset, if bytes are lost.
    void abort(net::Deadline now);

    // The socket will be closed with a reset, which the peer sees; it loses what it has not
    // received yet.
    void reset_at_close() noexcept { reset_ = true; }

    struct Decision {
        enum class What : std::uint8_t {
            go_on,
            send_fin,  // send a FIN, then discard input until the peer's
            abort,     // end it now; bytes are lost
        };
        What what = What::go_on;
        EndReason reason = EndReason::finished;
        bool at_once = false;  // of send_fin: even if input is waiting, which is then lost
    };
    // `has_rest`: bytes are waiting for the peer to accept them. `drain`: when the drain ends;
    // no_deadline if there is none.
    Decision decide(net::Deadline now, bool has_rest, net::Deadline drain);

    // For `send_fin`: ends the connection, as aborted if input is lost at once, and lingers.
    void end_with_fin(const Decision& decision, net::Deadline now, net::Deadline drain);
    // After the end: sends our FIN, and notes how long to wait for the peer's.
    void begin_lingering(net::Deadline now, net::Deadline drain);
    net::Deadline lingers_until() const noexcept { return active_; }

  private:
    Decision decide_by_timeouts(net::Deadline now, bool has_rest) const;
    void note_acknowledged(net::Deadline now) noexcept;
    std::uint64_t lost_bytes(EndReason reason) const noexcept;

    // A server may have many idle connections, so the order leaves no gaps, and small members of
    // the owner can fill the one at the end.
    Service& service_;
    [[no_unique_address]] Admission::Ticket ticket_;
    net::Socket socket_;
    net::Deadline began_;
    net::Deadline active_;  // when a byte last moved; after the end, when lingering is over
    std::uint64_t received_ = 0;
    std::uint32_t unsent_ = 0;  // of these bytes, not sent yet: no engine holds more than a few MiB
    // What the peer had acknowledged at the last check, modulo 2^32; 0: not checked since the last
    // send.
    std::uint32_t acknowledged_ = 0;
    bool ended_ = false;
    bool reset_ = false;
};

// Closes a connection that was accepted but cannot be served, and reports and counts it as failed.
// Does nothing more if `client` has been moved into a Session, which then reports it.
void reject(Service& service, Client&& client, const net::Error& why);

}  // namespace sockbox::serve

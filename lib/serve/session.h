// A connection's bookkeeping and its time, the same in every engine: what is counted, when it has
// waited too long, and what the drain wants of it.
#pragma once

#include "serve/service.h"

namespace sockbox::serve {

class Session {
  public:
    Session(Service& service, Client client, net::Deadline now) noexcept;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    // Told to have failed where nobody told its end.
    ~Session();

    net::Socket& socket() noexcept { return client_.socket; }
    const net::Socket& socket() const noexcept { return client_.socket; }

    void received(std::size_t bytes, net::Deadline now) noexcept;
    void sent(std::size_t bytes, net::Deadline now) noexcept;
    std::uint64_t received_bytes() const noexcept { return received_; }
    std::uint64_t number() const noexcept { return client_.ticket.number(); }

    // Tells and counts the end, the first time, and gives the place back: to be called before the
    // peer sees an end, for it may come back at once. What lingers after that has no place.
    void end(EndReason reason, net::Deadline now, std::error_code error = {});
    // The same by what the system said of a transfer.
    void end_by(const std::error_code& error, net::Deadline now);

    // The socket is closed with a reset: what its peer has not got by then is lost, and it is told.
    void reset_at_close() noexcept { reset_ = true; }

    struct Verdict {
        enum class What : std::uint8_t {
            go_on,
            goodbye,  // send a FIN and drop what still comes until the peer's
            abort,    // end it now, bytes are lost
        };
        What what = What::go_on;
        EndReason reason = EndReason::finished;
    };
    // `has_rest`: bytes wait for the peer to take them. `drain`: when it is over, no_deadline
    // where there is none.
    Verdict judge(net::Deadline now, bool has_rest, net::Deadline drain) const;

    // How long after a goodbye the peer's FIN is waited for.
    static net::Deadline linger_until(net::Deadline now, net::Deadline drain);

  private:
    Verdict judge_timeouts(net::Deadline now, bool has_rest) const;

    Service& service_;
    Client client_;
    net::Deadline began_;
    net::Deadline active_;  // when a byte last moved
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
    bool ended_ = false;
    bool reset_ = false;
};

// Closes a connection that was accepted and cannot be served; told and counted as failed. One that
// was moved from, into a session, is left to that.
void turn_away(Service& service, Client&& client, const net::Error& why);

}  // namespace sockbox::serve

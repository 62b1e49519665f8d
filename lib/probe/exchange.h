// Lockstep exchange with a UDP echo server: each datagram is answered before the next is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "net/datagram_notices.h"
#include "net/streams.h"
#include "probe/datagram_socket.h"
#include "probe/echo_window.h"
#include "probe/reply_timeout.h"
#include "probe/silence.h"

namespace sockbox::probe {

// How long to wait for each reply, and what to do without one.
struct ExchangeOptions {
    std::chrono::nanoseconds timeout{default_reply_timeout};  // for each try
    unsigned retries = 0;
    bool verify = true;
    // Called while a reply is awaited; returns when to call it again. May be empty.
    std::function<net::Deadline()> watch{};
    const net::StopSignal* stop = nullptr;       // ends the wait for a reply; may be null
    std::optional<net::Endpoint> destination{};  // for an unconnected socket
    // Called after a run of losses, to replace the socket; may be empty.
    std::function<net::Result<net::Socket>()> reopen{};
};

// The outcome of one message.
struct Exchanged {
    enum class End : std::uint8_t {
        answered,
        different,    // a reply arrived that matches nothing sent
        lost,         // no reply to any try
        undelivered,  // an ICMP error reported the last try as undeliverable: `icmp`
        misdirected,  // its echo came from another address: `from`
        unsent,       // the system refused to send it: `error`
        interrupted,  // the stop signal was raised before a reply arrived
    };
    End end = End::lost;
    unsigned tries = 0;  // at least 1
    std::string reply;   // for `answered` and `different`
    // Likewise, since it was sent; nullopt if the reply may be that to an earlier try, or to an
    // earlier message with the same content.
    std::optional<std::chrono::nanoseconds> rtt{};
    std::optional<Difference> difference;  // nullopt if only the lengths differ
    std::optional<net::IcmpError> icmp;
    std::optional<net::Endpoint> from;
    std::error_code error;
};

// Sends messages on one socket. Not synchronized.
class Exchange {
  public:
    // `socket` comes from open_datagram() and must outlive the exchange.
    Exchange(net::Socket& socket, const ExchangeOptions& options)
        : socket_(socket), options_(options), silence_(options.timeout) {}

    // Sends `message` as one datagram, again after each timeout up to `retries` times, and blocks
    // until its echo arrives or every try has failed. Echoes of earlier messages, late or repeated,
    // are counted and otherwise ignored.
    Exchanged send(std::string_view message);

    // The numbers of late and of repeated echoes so far.
    std::uint64_t late() const { return late_; }
    std::uint64_t duplicated() const { return duplicated_; }

  private:
    void reopen_after_silence();
    bool try_once(std::string_view message, Exchanged& result);
    bool transmit(std::string_view message, Exchanged& result);
    bool await_reply(std::string_view message, Exchanged& result);
    bool take_reply(std::string_view message, Exchanged& result);
    bool is_from_server(const net::Endpoint& source) const;
    bool is_of_earlier(std::string_view reply);

    net::Socket& socket_;
    ExchangeOptions options_;
    Silence silence_;
    std::deque<std::string> unanswered_;  // messages that may still be echoed late; bounded
    std::deque<std::string> answered_;    // messages that may be echoed once more; bounded
    std::uint64_t late_ = 0;
    std::uint64_t duplicated_ = 0;
};

}  // namespace sockbox::probe

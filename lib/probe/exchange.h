// One datagram after the other to an echo server, each answered before the next is sent.
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
#include "probe/echo_window.h"

namespace sockbox::probe {

struct ExchangeOptions {
    std::chrono::nanoseconds timeout{std::chrono::seconds(2)};  // for each try
    unsigned retries = 0;
    bool verify = true;
    // Told whenever a reply is awaited, and returns when it wants to be told next; may be empty.
    std::function<net::Deadline()> watch{};
    const net::StopSignal* stop = nullptr;  // ends the wait for a reply; may be null
};

struct Exchanged {
    enum class End : std::uint8_t {
        answered,
        different,    // an answer came that was never sent like this
        lost,         // no answer to any try
        undelivered,  // the last try was refused on its way: `icmp`
        unsent,       // it could not be sent at all: `error`
        interrupted,  // the stop signal was raised before an answer came
    };
    End end = End::lost;
    unsigned tries = 0;
    std::string reply;                     // of answered and different
    std::chrono::nanoseconds rtt{};        // likewise, from the latest try
    std::optional<Difference> difference;  // none where only the lengths differ
    std::optional<net::IcmpError> icmp;
    std::error_code error;
};

class Exchange {
  public:
    // `socket` is one of open_datagram().
    Exchange(net::Socket& socket, const ExchangeOptions& options)
        : socket_(socket), options_(options) {}

    // Sends `message` as one datagram, again after each timeout, and waits for its echo. An echo of
    // an earlier message that comes late is passed over and counted.
    Exchanged send(std::string_view message);

    std::uint64_t late() const { return late_; }

  private:
    bool try_once(std::string_view message, Exchanged& result);
    bool transmit(std::string_view message, Exchanged& result);
    bool await_reply(std::string_view message, Exchanged& result);
    bool take_reply(std::string_view message, Exchanged& result);
    void remember(std::string_view message);

    net::Socket& socket_;
    ExchangeOptions options_;
    std::deque<std::string> unanswered_;  // what may still be echoed late; bounded
    std::uint64_t late_ = 0;
};

}  // namespace sockbox::probe

// Datagrams and their echoes in lockstep.
#include "probe/exchange.h"

#include <algorithm>
#include <array>

namespace sockbox::probe {
namespace {

constexpr std::size_t longest_datagram = 65536;
constexpr std::size_t max_remembered = 32;

std::optional<Difference> first_difference(std::string_view expected, std::string_view got) {
    const std::size_t both = std::min(expected.size(), got.size());
    const auto at = static_cast<std::size_t>(
        std::mismatch(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(both),
                      got.begin())
            .first -
        expected.begin());
    if (at == both)
        return std::nullopt;
    return Difference{at, static_cast<std::byte>(expected[at]), static_cast<std::byte>(got[at])};
}

bool holds(const std::deque<std::string>& messages, std::string_view message) {
    return std::ranges::find(messages, message) != messages.end();
}

void remember(std::deque<std::string>& messages, std::string_view message) {
    messages.emplace_back(message);
    if (messages.size() > max_remembered)
        messages.pop_front();
}

}  // namespace

Exchanged Exchange::send(std::string_view message) {
    Exchanged result;
    while (result.tries <= options_.retries && !try_once(message, result)) {
    }
    const bool answered_first = result.end == Exchanged::End::answered && result.tries == 1;
    remember(answered_first ? answered_ : unanswered_, message);
    return result;
}

// Returns false if another try may help.
bool Exchange::try_once(std::string_view message, Exchanged& result) {
    ++result.tries;
    result.end = Exchanged::End::lost;
    reopen_after_silence();
    if (!transmit(message, result))
        return result.end == Exchanged::End::unsent;
    return await_reply(message, result);
}

// A pending error on a UDP socket belongs to an earlier datagram, yet it makes the send fail
// (udp(7)). Clear it and send again.
bool Exchange::transmit(std::string_view message, Exchanged& result) {
    const auto data = std::as_bytes(std::span(message));
    for (int errors = 0; errors < 3; ++errors) {
        const net::Transfer sent = options_.destination
                                       ? socket_.send_to(data, *options_.destination)
                                       : socket_.send(data);
        if (!sent.failed())
            return true;
        result.error = sent.error;
        const bool of_earlier = net::take_icmp_error(socket_).has_value();
        if (!of_earlier && sent.error != std::errc::connection_refused)
            break;
    }
    result.end = Exchanged::End::unsent;
    return false;
}

bool Exchange::await_reply(std::string_view message, Exchanged& result) {
    const auto sent_at = net::Clock::now();
    const auto deadline = net::deadline_in(options_.timeout);
    do {
        const auto look = options_.watch ? options_.watch() : net::no_deadline;
        const auto until = std::min(look, deadline);
        const auto ready = net::wait_for(socket_, net::Direction::receive, until, options_.stop);
        if (ready == net::Readiness::stopped) {
            result.end = Exchanged::End::interrupted;
            return true;
        }
        if (ready == net::Readiness::ready)
            silence_.end(net::Clock::now());
        if (ready == net::Readiness::ready && take_reply(message, result)) {
            if (result.tries == 1 && !holds(unanswered_, message))
                result.rtt = net::Clock::now() - sent_at;
            return result.end != Exchanged::End::undelivered &&
                   result.end != Exchanged::End::misdirected;
        }
    } while (net::Clock::now() < deadline);
    silence_.note_lost();
    return false;
}

void Exchange::reopen_after_silence() {
    const auto now = net::Clock::now();
    if (!options_.reopen || !silence_.is_long(now))
        return;
    silence_.end(now);
    if (auto fresh = options_.reopen())
        socket_ = std::move(*fresh);
}

// Returns whether the received datagram or error ends this try.
bool Exchange::take_reply(std::string_view message, Exchanged& result) {
    if (auto icmp = net::take_icmp_error(socket_)) {
        result.icmp = std::move(icmp);
        result.end = Exchanged::End::undelivered;
        return true;
    }
    std::string buffer(longest_datagram, '\0');
    const auto [got, source, _] = socket_.receive_from(std::as_writable_bytes(std::span(buffer)));
    if (got.failed()) {
        result.icmp = net::IcmpError{got.error, {}, 0, 0, 0, {}};
        result.end = Exchanged::End::undelivered;
        return true;
    }
    if (got.would_block())
        return false;
    buffer.resize(got.bytes);
    const bool equal = buffer == message || !options_.verify;
    if (!is_from_server(source)) {  // other hosts may send anything to our port
        if (buffer != message)
            return false;
        result.end = Exchanged::End::misdirected;
        result.from = source;
        return true;
    }
    if (!equal && is_of_earlier(buffer))
        return false;
    result.end = equal ? Exchanged::End::answered : Exchanged::End::different;
    if (!equal)
        result.difference = first_difference(message, buffer);
    result.reply = std::move(buffer);
    return true;
}

// On a connected socket, the system accepts only datagrams from the server.
bool Exchange::is_from_server(const net::Endpoint& source) const {
    return !options_.destination || source == *options_.destination;
}

// Counts the echo of an earlier message.
bool Exchange::is_of_earlier(std::string_view reply) {
    const bool late = holds(unanswered_, reply);
    const bool repeated = !late && holds(answered_, reply);
    late_ += late ? 1 : 0;
    duplicated_ += repeated ? 1 : 0;
    return late || repeated;
}

}  // namespace sockbox::probe

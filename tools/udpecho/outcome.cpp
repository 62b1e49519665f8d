// The error message for each outcome of an exchange.
#include "tools/udpecho/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "probe/datagram_socket.h"
#include "report/counted.h"
#include "system/hint.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

// Without the number of tries.
net::Error reason_of(const probe::Exchanged& done, const SentDatagram& sent) {
    net::Error error{{}, "send to", sent.peer.to_string(), {}, {}};
    switch (done.end) {
        case probe::Exchanged::End::answered:
        case probe::Exchanged::End::interrupted: return {};
        case probe::Exchanged::End::lost:
            error.code = net::platform::error_of(std::errc::timed_out);
            error.detail = "no reply within " + net::format_duration(sent.timeout);
            return error;
        case probe::Exchanged::End::undelivered:
            error.code = done.icmp->code;
            error.detail = net::to_text(*done.icmp);
            error.hint = hint_of_others(sent.all, sent.peer);
            return error;
        case probe::Exchanged::End::misdirected:
            error.action = "receive from";
            error.detail = probe::unexpected_address(*done.from, sent.peer);
            return error;
        case probe::Exchanged::End::unsent:
            error.code = done.error;
            if (error.code == std::errc::message_size)
                error.hint = sent.bytes > max_payload(sent.peer)
                                 ? net::hint(net::Hint::longest_datagram,
                                             {std::to_string(max_payload(sent.peer))})
                                 : net::hint(net::Hint::beyond_path_mtu);
            return error;
        case probe::Exchanged::End::different: break;
    }
    error.action = "receive from";
    error.detail = done.difference ? probe::to_text(*done.difference)
                                   : fmt::format("the echo has {}, but {} {} sent",
                                                 report::counted(done.reply.size(), "byte"),
                                                 sent.bytes, sent.bytes == 1 ? "was" : "were");
    return error;
}

}  // namespace

std::string hint_of_others(std::span<const net::Endpoint> endpoints, const net::Endpoint& used) {
    // The system sends to the loopback address in place of the unspecified one.
    const auto is_other = [&](const net::Endpoint& endpoint) {
        return endpoint.unmapped() != used && !endpoint.unmapped().is_unspecified();
    };
    const auto other = std::ranges::find_if(endpoints, [&](const net::Endpoint& endpoint) {
        return is_other(endpoint) && endpoint.family() != used.family();
    });
    if (other != endpoints.end())
        return net::hint(net::Hint::other_family,
                         {other->address(), other->family() == net::Family::ipv6 ? "6" : "4"});
    const auto same = std::ranges::find_if(endpoints, is_other);
    return same == endpoints.end() ? std::string()
                                   : net::hint(net::Hint::other_address, {same->address()});
}

net::Error explain(const probe::Exchanged& done, const SentDatagram& sent,
                   const std::string& which) {
    net::Error error = reason_of(done, sent);
    if (error.action.empty())
        return error;
    error.action.insert(0, which);
    if (done.tries > 1 && !error.detail.empty() && done.end != probe::Exchanged::End::different)
        error.detail += fmt::format(" ({} tries)", done.tries);
    return error;
}

stats::Failure kind_of(const probe::Exchanged& done, const SentDatagram& sent) {
    const net::Error error = reason_of(done, sent);
    const char* phase = done.end == probe::Exchanged::End::unsent        ? "send"
                        : done.end == probe::Exchanged::End::undelivered ? "icmp"
                                                                         : "receive";
    return {phase, error.reason(), std::string(net::symbol(error.code)), error.code.value()};
}

unsigned max_payload(const net::Endpoint& peer) {
    return peer.family() == net::Family::ipv6 ? 65527 : 65507;
}

}  // namespace sockbox::tools

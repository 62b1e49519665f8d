// The error message for each outcome of an exchange.
#include "tools/udpecho/outcome.h"

#include <fmt/format.h>

#include "text/units.h"

namespace sockbox::tools {

net::Error explain(const probe::Exchanged& done, const SentDatagram& sent,
                   const std::string& which) {
    const std::string tries = done.tries > 1 ? fmt::format(" ({} tries)", done.tries) : "";
    net::Error error{{}, which + "send to", sent.peer.to_string(), {}, {}};
    switch (done.end) {
        case probe::Exchanged::End::answered:
        case probe::Exchanged::End::interrupted: return {};
        case probe::Exchanged::End::lost:
            error.code = net::platform::error_of(std::errc::timed_out);
            error.detail =
                fmt::format("no reply within {}{}", net::format_duration(sent.timeout), tries);
            return error;
        case probe::Exchanged::End::undelivered:
            error.code = done.icmp->code;
            error.detail = net::to_text(*done.icmp) + tries;
            return error;
        case probe::Exchanged::End::unsent:
            error.code = done.error;
            if (error.code == std::errc::message_size)
                error.hint =
                    fmt::format("a datagram holds at most {} bytes", max_payload(sent.peer));
            return error;
        case probe::Exchanged::End::different: break;
    }
    error.action = which + "receive from";
    error.detail = done.difference ? probe::to_text(*done.difference)
                                   : fmt::format("the echo has {} bytes, but {} were sent",
                                                 done.reply.size(), sent.bytes);
    return error;
}

unsigned max_payload(const net::Endpoint& peer) {
    return peer.family() == net::Family::ipv6 ? 65527 : 65507;
}

}  // namespace sockbox::tools

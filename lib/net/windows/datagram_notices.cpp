// Winsock has no queue of ICMP errors: those it tells of come as errors of the calls.
#include "net/datagram_notices.h"

namespace sockbox::net {

Status want_icmp_errors(Socket&, Family) {
    return {};
}

bool tells_icmp_senders() noexcept {
    return false;
}

std::optional<Notice> take_notice(Socket&) {
    return std::nullopt;
}

Status want_stamps(Socket&, Stamps) {
    return fail(
        {platform::error_of(std::errc::not_supported), "ask for kernel timestamps", {}, {}, {}});
}

}  // namespace sockbox::net

// Winsock has no queue of ICMP errors: those it tells of come as errors of the calls.
#include "net/icmp.h"

namespace sockbox::net {

Status want_icmp_errors(Socket&, Family) {
    return {};
}

std::optional<IcmpError> take_icmp_error(Socket&) {
    return std::nullopt;
}

}  // namespace sockbox::net

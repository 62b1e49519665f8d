// What Windows has of travel options.
#include "net/datagram_options.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here(std::string_view action) {
    return fail({platform::error_of(std::errc::not_supported),
                 std::string(action),
                 {},
                 "not on this platform",
                 {}});
}

}  // namespace

Status set_dscp(Socket&, Family, int) {
    return not_here("set the DSCP");
}

Status forbid_fragments(Socket&, Family) {
    return not_here("forbid fragments");
}

Result<std::size_t> local_mtu(const Socket&, Family) {
    return not_here("ask for the MTU");
}

std::optional<std::uint32_t> dropped_on_arrival(const Socket&) noexcept {
    return std::nullopt;
}

}  // namespace sockbox::net

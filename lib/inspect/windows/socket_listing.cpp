// Windows' list of sockets knows no descriptors.
#include "inspect/socket_listing.h"

namespace sockbox::net {

Status list_sockets(const ListingFilter&, const std::function<void(const ListedSocket&)>&) {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 "the sockets of this machine",
                 "not on this platform",
                 {}});
}

}  // namespace sockbox::net

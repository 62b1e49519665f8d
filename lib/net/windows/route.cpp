// Route lookup on Windows, by GetBestInterfaceEx.
#include "net/route.h"

// Must follow winsock2.h, which the header above includes.
#include <iphlpapi.h>

namespace sockbox::net {

Result<unsigned> interface_of_route(const Endpoint& destination, const Endpoint& /*source*/) {
    if (const std::error_code error = platform::start())
        return fail({error, "start the socket library", {}, {}, {}});
    DWORD index = 0;
    auto* address = const_cast<sockaddr*>(destination.data());  // the function does not write to it
    if (const DWORD code = ::GetBestInterfaceEx(address, &index); code != NO_ERROR)
        return fail({std::error_code(static_cast<int>(code), platform::error_category()),
                     "route to",
                     destination.address(),
                     {},
                     {}});
    return static_cast<unsigned>(index);
}

}  // namespace sockbox::net

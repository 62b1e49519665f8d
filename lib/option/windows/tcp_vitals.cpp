// Windows tells some of it by SIO_TCP_INFO, which Wine lacks.
#include "option/tcp_vitals.h"

namespace sockbox::net {

Result<TcpVitals> tcp_vitals(const Socket&) {
    return fail({std::make_error_code(std::errc::not_supported),
                 "read",
                 "TCP_INFO",
                 "the kernel's view of a connection: not on this platform",
                 {}});
}

}  // namespace sockbox::net

// How the kernel itself sees a TCP connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/socket.h"
#include "system/result.h"

namespace sockbox::net {

struct TcpVitals {
    std::optional<std::chrono::nanoseconds> min_rtt;  // none before a segment was acknowledged
    std::uint64_t retransmits = 0;                    // segments sent again, over its whole life
    std::uint64_t congestion_window = 0;              // segments
    std::optional<std::uint64_t> delivery_rate;       // bytes a second; none where not measured yet
};

// TCP_INFO (tcp(7)). std::errc::not_supported where the system has none.
Result<TcpVitals> tcp_vitals(const Socket& socket);

}  // namespace sockbox::net

// TCP_INFO: how the kernel itself sees a TCP connection (tcp(7)).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/socket.h"
#include "option/value.h"
#include "system/result.h"

namespace sockbox::net {

// The fields that lie within `bytes`: an older kernel gives fewer. What a newer one appends is the
// last field, "unknown", in hexadecimal.
Fields decode_tcp_info(std::span<const std::byte> bytes);

// "ESTABLISHED", "LISTEN" …; the number where it has no name.
std::string tcp_state_name(unsigned state);

struct TcpVitals {
    std::optional<std::chrono::nanoseconds> min_rtt;  // none before a segment was acknowledged
    std::uint64_t retransmits = 0;                    // segments sent again, over its whole life
    std::uint64_t congestion_window = 0;              // segments
    std::optional<std::uint64_t> delivery_rate;       // bytes a second; none where not measured yet
};

// TCP_INFO (tcp(7)). std::errc::not_supported where the system has none.
Result<TcpVitals> tcp_vitals(const Socket& socket);

}  // namespace sockbox::net

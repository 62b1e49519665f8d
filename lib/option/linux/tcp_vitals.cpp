// TCP_INFO, from Linux 4.9 on with all that is looked for.
#include "option/tcp_vitals.h"

#include <algorithm>
#include <array>

#include "option/linux/tcp_info.h"

namespace sockbox::net {
namespace {

std::optional<std::uint64_t> number_of(const Fields& fields, std::string_view name) {
    const auto field = std::ranges::find(fields, name, &Field::name);
    if (field == fields.end())
        return std::nullopt;
    const auto* value = std::get_if<std::int64_t>(&field->value);
    return value != nullptr ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

}  // namespace

Result<TcpVitals> tcp_vitals(const Socket& socket) {
    std::array<std::byte, 512> bytes{};
    socklen_t size = bytes.size();
    if (::getsockopt(socket.native(), IPPROTO_TCP, TCP_INFO, bytes.data(), &size) != 0)
        return fail_last("getsockopt", "TCP_INFO");
    const Fields fields = decode_tcp_info(std::span(bytes).first(size));
    TcpVitals vitals;
    if (const auto us = number_of(fields, "min_rtt"))
        vitals.min_rtt = std::chrono::microseconds(*us);
    vitals.retransmits = number_of(fields, "total_retrans").value_or(0);
    vitals.congestion_window = number_of(fields, "snd_cwnd").value_or(0);
    vitals.delivery_rate = number_of(fields, "delivery_rate");
    return vitals;
}

}  // namespace sockbox::net

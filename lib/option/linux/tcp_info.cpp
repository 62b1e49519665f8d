// Decodes struct tcp_info by its layout, so that its length need not match the installed headers.
#include "option/tcp_info.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>

#include "option/codec.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

constexpr Member counter(const Member& member) {
    return with_trend(Trend::counter, member);
}
constexpr Member age(const Member& member) {
    return with_trend(Trend::age, member);
}

// include/uapi/linux/tcp.h of Linux 6.18; members are only ever appended.
constexpr auto members = std::to_array<Member>({
    {"retransmits", 2, 1, ""},
    {"probes", 3, 1, ""},
    {"backoff", 4, 1, ""},
    {"rto", 8, 4, "us"},
    {"ato", 12, 4, "us"},
    {"snd_mss", 16, 4, "bytes"},
    {"rcv_mss", 20, 4, "bytes"},
    {"unacked", 24, 4, "segments"},
    {"sacked", 28, 4, "segments"},
    {"lost", 32, 4, "segments"},
    {"retrans", 36, 4, "segments"},
    {"fackets", 40, 4, "segments"},
    age({"last_data_sent", 44, 4, "ms"}),
    age({"last_ack_sent", 48, 4, "ms"}),
    age({"last_data_recv", 52, 4, "ms"}),
    age({"last_ack_recv", 56, 4, "ms"}),
    {"pmtu", 60, 4, "bytes"},
    {"rcv_ssthresh", 64, 4, "bytes"},
    {"rtt", 68, 4, "us"},
    {"rttvar", 72, 4, "us"},
    {"snd_ssthresh", 76, 4, "segments"},
    {"snd_cwnd", 80, 4, "segments"},
    {"advmss", 84, 4, "bytes"},
    {"reordering", 88, 4, "segments"},
    {"rcv_rtt", 92, 4, "us"},
    {"rcv_space", 96, 4, "bytes"},
    counter({"total_retrans", 100, 4, "segments"}),
    {"pacing_rate", 104, 8, "bytes/s"},
    {"max_pacing_rate", 112, 8, "bytes/s"},
    counter({"bytes_acked", 120, 8, "bytes"}),
    counter({"bytes_received", 128, 8, "bytes"}),
    counter({"segs_out", 136, 4, "segments"}),
    counter({"segs_in", 140, 4, "segments"}),
    {"notsent_bytes", 144, 4, "bytes"},
    {"min_rtt", 148, 4, "us"},
    counter({"data_segs_in", 152, 4, "segments"}),
    counter({"data_segs_out", 156, 4, "segments"}),
    {"delivery_rate", 160, 8, "bytes/s"},
    counter({"busy_time", 168, 8, "us"}),
    counter({"rwnd_limited", 176, 8, "us"}),
    counter({"sndbuf_limited", 184, 8, "us"}),
    counter({"delivered", 192, 4, "segments"}),
    counter({"delivered_ce", 196, 4, "segments"}),
    counter({"bytes_sent", 200, 8, "bytes"}),
    counter({"bytes_retrans", 208, 8, "bytes"}),
    counter({"dsack_dups", 216, 4, "segments"}),
    counter({"reord_seen", 220, 4, ""}),
    counter({"rcv_ooopack", 224, 4, "segments"}),
    {"snd_wnd", 228, 4, "bytes"},
    {"rcv_wnd", 232, 4, "bytes"},
    counter({"rehash", 236, 4, ""}),
    counter({"total_rto", 240, 2, ""}),
    counter({"total_rto_recoveries", 242, 2, ""}),
    counter({"total_rto_time", 244, 4, "ms"}),
    counter({"received_ce", 248, 4, "segments"}),
    counter({"delivered_e1_bytes", 252, 4, "bytes"}),
    counter({"delivered_e0_bytes", 256, 4, "bytes"}),
    counter({"delivered_ce_bytes", 260, 4, "bytes"}),
    counter({"received_e1_bytes", 264, 4, "bytes"}),
    counter({"received_e0_bytes", 268, 4, "bytes"}),
    counter({"received_ce_bytes", 272, 4, "bytes"}),
    {"accecn_fail_mode", 276, 2, ""},
    {"accecn_opt_seen", 278, 2, ""},
});
constexpr std::size_t known_size = 280;

constexpr std::array<std::string_view, 13> states{
    "unknown", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",   "TIME_WAIT",
    "CLOSE",   "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV"};
constexpr std::array<std::string_view, 5> congestion_states{"open", "disorder", "cwr", "recovery",
                                                            "loss"};
constexpr std::array<std::string_view, 7> negotiated{"timestamps", "sack",     "wscale", "ecn",
                                                     "ecn_seen",   "syn_data", "usec_ts"};

unsigned byte_at(std::span<const std::byte> bytes, std::size_t offset) {
    return std::to_integer<unsigned>(bytes[offset]);
}

template <std::size_t size>
std::string name_at(const std::array<std::string_view, size>& names, unsigned index) {
    return index < size ? std::string(names[index]) : std::to_string(index);
}

std::string negotiated_names(unsigned mask) {
    std::string text;
    for (std::size_t i = 0; i < negotiated.size(); ++i)
        if ((mask >> i & 1) != 0)
            text += (text.empty() ? "" : "|") + std::string(negotiated[i]);
    return text.empty() ? "none" : text;
}

// The first eight bytes: state, negotiated options and the fields of a few bits each.
void decode_head(std::span<const std::byte> bytes, Fields& fields) {
    fields.push_back({"state", tcp_state_name(byte_at(bytes, 0)), {}, Trend::copy});
    fields.push_back({"ca_state", name_at(congestion_states, byte_at(bytes, 1)), {}});
    fields.push_back({"options", negotiated_names(byte_at(bytes, 5)), {}});
    fields.push_back({"snd_wscale", std::int64_t{byte_at(bytes, 6) & 15}, {}});
    fields.push_back({"rcv_wscale", std::int64_t{byte_at(bytes, 6) >> 4}, {}});
    fields.push_back({"delivery_rate_app_limited", std::int64_t{byte_at(bytes, 7) & 1}, {}});
    fields.push_back({"fastopen_client_fail", std::int64_t{byte_at(bytes, 7) >> 1 & 3}, {}});
}

std::optional<std::uint64_t> number_of(const Fields& fields, std::string_view name) {
    const auto field = std::ranges::find(fields, name, &Field::name);
    if (field == fields.end())
        return std::nullopt;
    const auto* value = std::get_if<std::int64_t>(&field->value);
    return value != nullptr ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

Result<Bytes> read_tcp_info(const Socket& socket) {
    Bytes bytes(512);
    socklen_t size = 512;
    if (::getsockopt(socket.native(), IPPROTO_TCP, TCP_INFO, bytes.data(), &size) != 0)
        return fail_last("getsockopt", "TCP_INFO");
    bytes.resize(size);
    return bytes;
}

}  // namespace

std::string tcp_state_name(unsigned state) {
    return name_at(states, state);
}

Fields decode_tcp_info(std::span<const std::byte> bytes) {
    Fields fields;
    fields.reserve(members.size() + 8);
    if (bytes.size() >= 8)
        decode_head(bytes, fields);
    for (const Member& member : members) {
        if (member.offset + member.size > bytes.size())
            break;
        const auto value = from_bytes<std::int64_t>(bytes.subspan(member.offset, member.size));
        // All bits set means no limit (pacing_rate) or not measured yet (min_rtt).
        const bool unset = value == -1 || (member.name == "min_rtt" && value == 0xffffffffLL);
        if (unset)
            fields.push_back({member.name, {}, member.unit, member.trend});
        else
            fields.push_back({member.name, value, member.unit, member.trend});
    }
    if (bytes.size() > known_size)
        fields.push_back({"unknown", format_hex(bytes.subspan(known_size)), {}});
    return fields;
}

Result<TcpVitals> tcp_vitals(const Socket& socket) {
    const auto bytes = read_tcp_info(socket);
    if (!bytes)
        return fail(bytes.error());
    const Fields fields = decode_tcp_info(*bytes);
    TcpVitals vitals;
    if (const auto us = number_of(fields, "min_rtt"))
        vitals.min_rtt = std::chrono::microseconds(*us);
    vitals.retransmits = number_of(fields, "total_retrans").value_or(0);
    vitals.congestion_window = number_of(fields, "snd_cwnd").value_or(0);
    vitals.delivery_rate = number_of(fields, "delivery_rate");
    return vitals;
}

// A listener has its queue in the fields for outstanding segments (tcp_get_info()).
Result<TcpTimers> tcp_timers(const Socket& socket) {
    const auto bytes = read_tcp_info(socket);
    if (!bytes)
        return fail(bytes.error());
    const Fields fields = decode_tcp_info(*bytes);
    const auto number = [&](std::string_view name) {
        return static_cast<std::int64_t>(number_of(fields, name).value_or(0));
    };
    const auto time = [&](std::string_view name) {
        return std::chrono::microseconds(number(name));
    };
    constexpr unsigned sack = 2;  // TCPI_OPT_SACK
    TcpTimers timers;
    timers.timeout =
        time("rto") / (std::int64_t{1} << std::min<std::int64_t>(number("backoff"), 31));
    timers.smoothed_rtt = time("rtt");
    timers.ack_delay = time("ato");
    timers.selective_acknowledgements = bytes->size() > 5 && (byte_at(*bytes, 5) & sack) != 0;
    timers.accept_queue = number("unacked");
    timers.max_accept_queue = number("sacked");
    return timers;
}

std::optional<std::uint64_t> acknowledged_bytes(const Socket& socket) noexcept {
    constexpr Member acknowledged = *std::ranges::find(members, "bytes_acked", &Member::name);
    std::array<std::byte, acknowledged.offset + acknowledged.size> bytes{};
    socklen_t size = bytes.size();
    if (::getsockopt(socket.native(), IPPROTO_TCP, TCP_INFO, bytes.data(), &size) != 0 ||
        size < bytes.size())
        return std::nullopt;
    return from_bytes<std::uint64_t>(std::span(bytes).subspan(acknowledged.offset));
}

TcpQueues tcp_queues(const Socket& socket) noexcept {
    const auto bytes = [&socket](unsigned long request) {
        int answer = 0;
        const bool known = ::ioctl(socket.native(), request, &answer) == 0 && answer > 0;
        return known ? static_cast<std::uint64_t>(answer) : 0;
    };
    return {bytes(SIOCINQ), bytes(SIOCOUTQ)};
}

}  // namespace sockbox::net

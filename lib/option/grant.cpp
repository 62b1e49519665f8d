// Explanations of granted values and refusals, with the sysctls that caused them.
#include "option/grant.h"

#include <fmt/format.h>

#include "net/interfaces.h"
#include "system/hint.h"
#include "system/host.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

std::optional<std::int64_t> numeric_sysctl(std::string_view name) {
    const auto text = read_sysctl(name);
    const auto number = text ? parse_integer(*text, 0, INT64_MAX) : fail_text("");
    return number ? std::optional(*number) : std::nullopt;
}

// Linux stores twice the requested size, to leave room for bookkeeping, but no more than twice the
// limit and no less than a minimum (socket(7); SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF in the kernel).
Grant explain_buffer(const OptionRow& row, std::int64_t asked, std::int64_t granted) {
    const auto limit = numeric_sysctl(row.limit);
    if (!limit && granted == asked)
        return {};  // not Linux
    if (granted == 2 * asked)
        return {true, "Linux doubles it", {}};
    if (granted > 2 * asked)
        return {false, "the kernel's minimum", {}};
    if (limit && granted == 2 * *limit)
        return {false, fmt::format("clamped by {} = {}, and Linux doubles it", row.limit, *limit),
                hint(Hint::raise_limit, {row.limit, std::to_string(asked)})};
    return {false, "the kernel's limit", {}};
}

bool not_its_option(const std::error_code& code) {
    return code == std::errc::no_protocol_option || code == std::errc::operation_not_supported ||
           code == std::errc::not_supported;
}

std::string available(const OptionRow& row) {
    const auto names = row.limit.empty() ? std::nullopt : read_sysctl(row.limit);
    return names ? fmt::format("; available: {}", *names) : std::string();
}

std::string meaning(const std::error_code& code, const OptionRow& row, const SocketKind& kind) {
    if (row.needs == Needs::repair)
        return "only while TCP_REPAIR is on";
    if (row.needs == Needs::tls && not_its_option(code))
        return "only while TCP_ULP is tls";
    if (not_its_option(code) || (!is_not_permitted(code) && !applies(row, kind)))
        return fmt::format("not supported by this socket ({})", to_text(kind));
    if (code == std::errc::not_connected)
        return "the socket is not connected";
    if (row.name == "IPV6_V6ONLY" && code == std::errc::invalid_argument)
        return "it can only be set before the socket is bound";
    if (row.type == ValueType::text && code == std::errc::no_such_file_or_directory)
        return "no such algorithm or protocol" + available(row);
    if (code == std::errc::no_such_device)
        return "no such interface";
    const bool membership = is_membership(row);
    if (membership && code == std::errc::address_in_use)
        return "the socket is already a member of this group";
    if (membership && code == std::errc::address_not_available)
        return "the socket is not a member of this group";
    if (row.type == ValueType::mask && code == std::errc::invalid_argument)
        return "the kernel does not support all of these bits, or not in combination";
    if (code == std::errc::invalid_argument)
        return "the kernel refuses the value, or the socket's state does not allow it";
    return {};
}

bool is_missing_interface(const OptionRow& row, std::int64_t index) {
    const bool is_interface =
        row.type == ValueType::interface_index || row.type == ValueType::interface_index_be;
    return is_interface && index != 0 && interface_name(static_cast<std::uint32_t>(index)).empty();
}

// Whether the size was set explicitly, after which the kernel no longer resizes the buffer; nullopt
// if the kernel does not report it (before Linux 5.14).
std::optional<bool> is_pinned(const Socket& socket, const OptionRow& row) {
    const auto bits = read_named<std::int64_t>(socket, "SO_BUF_LOCK");
    const std::int64_t own = row.name == "SO_SNDBUF" ? 1 : 2;
    return bits ? std::optional((*bits & own) != 0) : std::nullopt;
}

std::string asked(std::int64_t stored, std::optional<bool> pinned, std::int64_t limit) {
    if (!pinned)
        return fmt::format("stored {}: this kernel does not report whether it was set explicitly",
                           stored);
    if (!*pinned)
        return fmt::format("never set, stored {}: the system's own size", stored);
    return fmt::format("asked {}{}, stored {}: Linux doubles it", stored / 2,
                       stored == 2 * limit ? " or more" : "", stored);
}

std::string tuning(const OptionRow& row, const SocketKind& kind, std::optional<bool> pinned) {
    constexpr int tcp = 6;
    if (pinned.value_or(false))
        return "pinned: set explicitly, so the kernel no longer resizes it";
    if (kind.protocol != tcp)
        return "fixed: the kernel tunes only TCP buffers";
    const bool sends = row.name == "SO_SNDBUF";
    const std::string_view name = sends ? "net.ipv4.tcp_wmem" : "net.ipv4.tcp_rmem";
    return fmt::format("{}: the kernel resizes it within {} = {}",
                       pinned ? "autotuned" : "autotuned unless set explicitly", name,
                       read_sysctl(name).value_or("?"));
}

// Whether both are the same 32 bits of an option without a row, of which it is not known whether it
// is signed.
bool same_bits(const OptionRow& row, const std::int64_t* a, const std::int64_t* b) {
    return row.name.empty() && a != nullptr && b != nullptr &&
           static_cast<std::uint32_t>(*a) == static_cast<std::uint32_t>(*b);
}

// What limits SO_RCVLOWAT of a TCP socket (tcp_set_rcvlowat()): half of what its receive buffer is,
// or can grow to.
std::string limit_of_low_water(std::int64_t granted) {
    constexpr std::string_view name = "net.ipv4.tcp_rmem";
    const auto text = read_sysctl(name);
    const auto sizes = text ? split(*text, " \t") : std::vector<std::string_view>();
    const auto largest = sizes.size() == 3 ? parse_integer(sizes[2], 0, INT64_MAX) : fail_text("");
    return largest && *largest / 2 == granted
               ? fmt::format("clamped to half of the largest size in {} = {}", name, *text)
               : "clamped to half of SO_RCVBUF";
}

}  // namespace

bool is_buffer(const OptionRow& row) {
    return row.name == "SO_RCVBUF" || row.name == "SO_SNDBUF";
}

Grant explain_grant(const Option& option, const OptionValue& asked, const OptionValue& granted) {
    const OptionRow& row = option.row();
    const auto* wanted = std::get_if<std::int64_t>(&asked);
    const auto* got = std::get_if<std::int64_t>(&granted);
    if (got != nullptr && is_missing_interface(row, *got))
        return {true, "no such interface: the kernel takes any index", {}};
    const bool is_size = is_buffer(row) && wanted != nullptr && got != nullptr;
    if (is_size)  // even if both are equal: a clamped value may be just twice the limit
        return explain_buffer(row, *wanted, *got);
    if (asked == granted || asked.index() != granted.index() || same_bits(row, wanted, got))
        return {};  // an option without a row may be set as bytes, but reads back as a number
    if (row.name == "SO_RCVLOWAT" && *wanted != 0)
        return {false, limit_of_low_water(*got), {}};
    const std::string_view grant_note = row.grant_note;
    if (wanted != nullptr && value_name(row, *wanted) == "default")
        return {true, std::string(grant_note.empty() ? "the system's own value" : grant_note), {}};
    return {false, std::string(grant_note.empty() ? "the kernel adjusted it" : grant_note), {}};
}

std::optional<Grant> limited_grant(const Socket& socket, const Setting& setting) {
    const auto granted = read_option(socket, setting.option);
    if (!granted)
        return std::nullopt;
    Grant grant = explain_grant(setting.option, setting.value, *granted);
    if (grant.as_requested)
        return std::nullopt;
    const OptionRow& row = setting.option.row();
    grant.reason = fmt::format("set {}: asked {}, granted {}: {}", setting.option.name(),
                               to_text(row, setting.value), to_text(row, *granted), grant.reason);
    return grant;
}

std::vector<std::string> buffer_story(const Socket& socket, const SocketKind& kind,
                                      const Option& option, const OptionValue& value) {
    const auto* stored = std::get_if<std::int64_t>(&value);
    const auto limit = numeric_sysctl(option.row().limit);
    if (!is_buffer(option.row()) || stored == nullptr || !limit)
        return {};
    const auto pinned = is_pinned(socket, option.row());
    std::vector<std::string> lines;
    lines.push_back(asked(*stored, pinned, *limit));
    lines.push_back(
        fmt::format("about {} usable for data; the rest is kernel bookkeeping", *stored / 2));
    lines.push_back(tuning(option.row(), kind, pinned));
    lines.push_back(fmt::format("limited by {0} = {1}; to raise it: sysctl -w {0}={2}",
                                option.row().limit, *limit, 2 * *limit));
    return lines;
}

Error explain_refusal(Error error, const Option& option, const SocketKind& kind) {
    const OptionRow& row = option.row();
    if (error.detail.empty())
        error.detail = meaning(error.code, row, kind);
    if (row.name == "TCP_CONGESTION" && is_not_permitted(error.code))
        if (const auto allowed = read_sysctl("net.ipv4.tcp_allowed_congestion_control"))
            error.hint = hint(Hint::allowed_algorithms, {*allowed});
    return error;
}

}  // namespace sockbox::net

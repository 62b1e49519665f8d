// Texts for ICMP errors.
#include "net/datagram_notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sockbox::net {
namespace {

struct Words {
    Family family;
    std::uint8_t type;
    std::uint8_t code;
    std::string_view words;
};

// RFC 792, RFC 1122 and RFC 4443.
constexpr std::array words{
    Words{Family::ipv4, 3, 0, "network unreachable"},
    Words{Family::ipv4, 3, 1, "host unreachable"},
    Words{Family::ipv4, 3, 2, "protocol unreachable"},
    Words{Family::ipv4, 3, 3, "port unreachable"},
    Words{Family::ipv4, 3, 4, "fragmentation needed"},
    Words{Family::ipv4, 3, 9, "network prohibited"},
    Words{Family::ipv4, 3, 10, "host prohibited"},
    Words{Family::ipv4, 3, 13, "administratively prohibited"},
    Words{Family::ipv4, 11, 0, "time to live exceeded"},
    Words{Family::ipv6, 1, 0, "no route"},
    Words{Family::ipv6, 1, 1, "administratively prohibited"},
    Words{Family::ipv6, 1, 3, "address unreachable"},
    Words{Family::ipv6, 1, 4, "port unreachable"},
    Words{Family::ipv6, 2, 0, "packet too big"},
    Words{Family::ipv6, 3, 0, "hop limit exceeded"},
};

}  // namespace

std::optional<IcmpError> take_icmp_error(Socket& socket) {
    while (auto notice = take_notice(socket))
        if (notice->error)
            return std::move(notice->error);
    return std::nullopt;
}

bool is_unreachable(const IcmpError& error) {
    if (!error.sender)
        return false;
    return error.sender->family() == Family::ipv6 ? error.type == 1
                                                  : error.type == 3 && error.icmp_code != 4;
}

bool has_mtu(const IcmpError& error) {
    return error.code == std::errc::message_size && error.info > 0;
}

std::string to_text(const IcmpError& error) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const Words& row) {
        return error.sender && row.family == error.sender->family() && row.type == error.type &&
               row.code == error.icmp_code;
    });
    std::string text(found != words.end() ? std::string(found->words) : error.code.message());
    if (error.sender)
        text += fmt::format(" from {}", error.sender->address());
    if (has_mtu(error))
        text += fmt::format(", MTU {}", error.info);
    return text;
}

std::string to_text_with_symbol(const IcmpError& error) {
    std::string text = to_text(error);
    if (const auto name = symbol(error.code); !name.empty())
        text += fmt::format(" ({})", name);
    return text;
}

}  // namespace sockbox::net

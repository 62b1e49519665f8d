// Decodes the lists of subflows of MPTCP (include/uapi/linux/mptcp.h).
#include "option/subflows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/endpoint.h"
#include "net/object_bytes.h"
#include "option/tcp_info.h"

namespace sockbox::net {
namespace {

// struct mptcp_subflow_data.
struct Head {
    std::uint32_t size;
    std::uint32_t subflows;
    std::uint32_t element_of_kernel;
    std::uint32_t element;
};

void append_word(Field& field, std::string_view word) {
    auto& text = std::get<std::string>(field.value);
    text.append(text.empty() ? "" : " ").append(word);
}

// The figures of TCP_INFO by which subflows are compared.
void append_tcp_info(Fields& fields, std::span<const std::byte> element) {
    constexpr std::array<std::string_view, 6> shown{
        "state", "rtt", "snd_cwnd", "total_retrans", "bytes_sent", "bytes_received"};
    const Fields info = decode_tcp_info(element);
    if (fields.size() == 1)
        for (const Field& field : info)
            if (std::ranges::count(shown, field.name) != 0)
                fields.push_back({field.name, std::string(), field.unit});
    for (Field& field : fields) {
        const auto found = std::ranges::find(info, field.name, &Field::name);
        if (found == info.end())
            continue;
        const auto* number = std::get_if<std::int64_t>(&found->value);
        const auto* text = std::get_if<std::string>(&found->value);
        append_word(field, number != nullptr ? fmt::format("{}", *number)
                           : text != nullptr ? *text
                                             : "-");
    }
}

// An element has the local address and the peer's in its halves.
void append_addresses(Fields& fields, std::span<const std::byte> element) {
    if (fields.size() == 1) {
        fields.push_back({"local", std::string(), {}});
        fields.push_back({"peer", std::string(), {}});
    }
    for (const std::size_t side : {0, 1}) {
        const auto half = element.subspan(side * (element.size() / 2), element.size() / 2);
        const auto storage = from_bytes<sockaddr_storage>(half);
        const auto* address = static_cast<const sockaddr*>(static_cast<const void*>(&storage));
        const auto endpoint = Endpoint::from_native(address, sizeof storage);
        append_word(fields[1 + side], endpoint ? endpoint->to_string() : "-");
    }
}

}  // namespace

Fields decode_subflows(const OptionRow& row, std::span<const std::byte> bytes) {
    const auto head = from_bytes<Head>(bytes);
    Fields fields{{"subflows", std::int64_t{head.subflows}, {}}};
    auto rest = bytes.subspan(std::min<std::size_t>(head.size, bytes.size()));
    for (; head.element > 0 && rest.size() >= head.element; rest = rest.subspan(head.element)) {
        const auto element = rest.first(head.element);
        if (row.name == "MPTCP_TCPINFO")
            append_tcp_info(fields, element);
        else
            append_addresses(fields, element);
    }
    return fields;
}

}  // namespace sockbox::net

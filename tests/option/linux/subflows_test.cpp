// Tests of the lists of subflows that MPTCP returns.
#include "option/subflows.h"

#include <gtest/gtest.h>

#include "option/codec.h"
#include "option/option.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

std::string decoded(std::string_view name, const Bytes& bytes) {
    const OptionRow& row = Option::find(name)->row();
    return to_text(row, decode(row, bytes));
}

void append(Bytes& bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

// struct mptcp_subflow_data.
Bytes head(std::uint32_t subflows, std::uint32_t element) {
    Bytes bytes;
    for (const std::uint32_t number : {16U, subflows, element, element})
        append(bytes, to_bytes(number));
    return bytes;
}

Bytes tcp_info(std::uint8_t state, std::uint32_t rtt) {
    Bytes bytes(104);
    bytes[0] = std::byte{state};
    std::copy_n(to_bytes(rtt).begin(), 4, bytes.begin() + 68);
    bytes[80] = std::byte{10};
    return bytes;
}

TEST(Subflows, OfEachTheMainFigures) {
    Bytes bytes = head(2, 104);
    append(bytes, tcp_info(1, 30));
    append(bytes, tcp_info(7, 40000));
    EXPECT_EQ(decoded("MPTCP_TCPINFO", bytes),
              "subflows 2, state ESTABLISHED CLOSE, rtt 30 40000 us, snd_cwnd 10 10 segments, "
              "total_retrans 0 0 segments");
    EXPECT_EQ(decoded("MPTCP_TCPINFO", head(0, 280)), "subflows 0");
}

TEST(Subflows, OfEachTheAddresses) {
    Bytes bytes = head(1, 256);
    Bytes addresses(256);
    const auto local = Endpoint::parse("192.0.2.1", 1234);
    const auto peer = Endpoint::parse("2001:db8::1", 80);
    const auto copy = [&](const Endpoint& endpoint, std::size_t at) {
        std::copy_n(static_cast<const std::byte*>(static_cast<const void*>(endpoint.data())),
                    endpoint.size(), addresses.begin() + static_cast<std::ptrdiff_t>(at));
    };
    copy(*local, 0);
    copy(*peer, 128);
    append(bytes, addresses);
    EXPECT_EQ(decoded("MPTCP_SUBFLOW_ADDRS", bytes),
              "subflows 1, local 192.0.2.1:1234, peer [2001:db8::1]:80");
}

// What a kernel does not return, but a decoder must survive.
TEST(Subflows, BytesWithoutSense) {
    EXPECT_EQ(decoded("MPTCP_TCPINFO", {}), "subflows 0");
    for (const std::uint32_t size : {0U, 1U, 15U, 0xffffffffU}) {
        Bytes bytes = head(3, size);
        bytes.resize(100);
        EXPECT_FALSE(decoded("MPTCP_TCPINFO", bytes).empty());
        EXPECT_FALSE(decoded("MPTCP_SUBFLOW_ADDRS", bytes).empty());
    }
}

TEST(Subflows, AnAssociationsAddresses) {
    Bytes bytes = to_bytes(std::uint64_t{0x0000000200000001});
    for (const auto& endpoint : {Endpoint::parse("192.0.2.1", 80), Endpoint::parse("::1", 81)})
        append(bytes, {static_cast<const std::byte*>(static_cast<const void*>(endpoint->data())),
                       static_cast<const std::byte*>(static_cast<const void*>(endpoint->data())) +
                           endpoint->size()});
    EXPECT_EQ(decoded("SCTP_GET_PEER_ADDRS", bytes), "192.0.2.1:80, [::1]:81");
    bytes.pop_back();
    EXPECT_EQ(decoded("SCTP_GET_PEER_ADDRS", bytes), "192.0.2.1:80");
    EXPECT_EQ(decoded("SCTP_GET_PEER_ADDRS", {}), "none");
}

}  // namespace
}  // namespace sockbox::net

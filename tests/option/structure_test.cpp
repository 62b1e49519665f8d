// Tests of structures as option values: bytes as a system returns them, and text as users write it.
#include "option/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "option/codec.h"
#include "option/option.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using testing::HasSubstr;

const OptionRow& row(std::string_view name) {
    return Option::find(name).value().row();
}

std::string decoded(std::string_view name, std::string_view hex) {
    return to_text(row(name), decode(row(name), parse_hex(hex).value()));
}

// The bytes that the value of this text is set by; an error message if it is refused.
std::string encoded(std::string_view name, std::string_view text) {
    const auto value = parse_value(row(name), text);
    if (!value)
        return value.error().message();
    return format_hex(encode(row(name), *value).value());
}

std::string zeros(std::size_t bytes) {
    std::string text;
    text.append(2 * bytes, '0');
    return text;
}

// 192.0.2.1:80 in a sockaddr_storage.
std::string storage_v4() {
    return "02000050c0000201" + zeros(120);
}

TEST(Structure, DecodesTheMembersOfSctp) {
    EXPECT_EQ(decoded("SCTP_RTOINFO", "0x00000000b80b000060ea0000e8030000"),
              "initial 3000 ms, max 60000 ms, min 1000 ms");
    EXPECT_EQ(decoded("SCTP_ASSOCINFO", "0x000000000a0001000000010000a0010060ea0000"),
              "max_retransmits 10, peer_addresses 1, peer_window 65536 bytes, "
              "local_window 106496 bytes, cookie_life 60000 ms");
    EXPECT_EQ(decoded("SCTP_INITMSG", "0x0a00ffff08000000"),
              "out_streams 10, max_in_streams 65535, max_attempts 8, max_timeout 0 ms");
    EXPECT_EQ(decoded("SCTP_DELAYED_SACK", "0x00000000c800000002000000"),
              "delay 200 ms, frequency 2 packets");
    EXPECT_EQ(decoded("SCTP_MAXSEG", "0x0000000078050000"), "1400");
    EXPECT_EQ(decoded("SCTP_ECN_SUPPORTED", "0x0000000001000000"), "on");
    EXPECT_EQ(decoded("SCTP_STREAM_SCHEDULER", "0x0000000002000000"), "round-robin");
    EXPECT_EQ(decoded("SCTP_ENABLE_STREAM_RESET", "0x0000000005000000"), "streams|change");
}

TEST(Structure, DecodesAnAssociation) {
    const std::string status =
        "0x01000000"
        "04000000"
        "00a00100"
        "0100"
        "0200"
        "0a00"
        "0b00"
        "b4050000"
        "01000000" +
        storage_v4() +
        "02000000"
        "1c110000"
        "0a000000"
        "e8030000"
        "dc050000";
    EXPECT_EQ(decoded("SCTP_STATUS", status),
              "state ESTABLISHED, peer_window 106496 bytes, unacked 1 chunks, pending 2 chunks, "
              "in_streams 10, out_streams 11, fragmentation_point 1460 bytes, "
              "primary 192.0.2.1:80, primary_state ACTIVE, cwnd 4380 bytes, srtt 10 ms, "
              "rto 1000 ms, mtu 1500 bytes");
    EXPECT_EQ(decoded("SCTP_PRIMARY_ADDR", "0x01000000" + storage_v4()), "address 192.0.2.1:80");
    EXPECT_EQ(decoded("SCTP_PRIMARY_ADDR", "0x" + zeros(132)), "address -");
}

TEST(Structure, DecodesPacketAndTlsAndMemory) {
    EXPECT_EQ(decoded("PACKET_STATISTICS", "0x0500000002000000"), "packets 5, drops 2");
    EXPECT_EQ(decoded("PACKET_STATISTICS", "0x050000000200000001000000"),
              "packets 5, drops 2, freezes 1");
    EXPECT_EQ(decoded("TLS_TX", "0x04033400"), "version TLS_1_3, cipher AES_GCM_256");
    EXPECT_EQ(decoded("TLS_RX", "0x99999900"), "version 39321, cipher 153");
    EXPECT_EQ(decoded("SO_TXTIME", "0x0100000002000000"), "clock 1, flags 2");
    EXPECT_EQ(decoded("TCP_AO_REPAIR",
                      "0x0000000100000002"
                      "03000000"
                      "04000000"),
              "snt_isn 1, rcv_isn 2, snd_sne 3, rcv_sne 4");
    EXPECT_EQ(decoded("NETLINK_LIST_MEMBERSHIPS", "0x1900000001000000"), "1, 4, 5, 33");
    EXPECT_EQ(decoded("NETLINK_LIST_MEMBERSHIPS", "0x00000000"), "none");
}

TEST(Structure, AnOlderSystemReturnsFewerMembers) {
    const std::string first =
        "0x010203040506"
        "0000"
        "03000000"
        "ff000000";
    EXPECT_EQ(decoded("MPTCP_INFO", first),
              "subflows 1, add_addr_signal 2, add_addr_accepted 3, subflows_max 4, "
              "add_addr_signal_max 5, add_addr_accepted_max 6, flags fallback|remote_key_received, "
              "token 0xff");
    EXPECT_EQ(decoded("MPTCP_INFO", "0x01"), "subflows 1");
    EXPECT_EQ(decoded("MPTCP_INFO", "0x"), "");
    EXPECT_THAT(decoded("MPTCP_INFO", "0x" + zeros(48)),
                HasSubstr("csum_enabled 0, retransmits 0"));
    EXPECT_THAT(decoded("MPTCP_INFO", "0x" + zeros(200)), HasSubstr("last_ack_recv 0 ms"));
}

TEST(Structure, EncodesWhatIsWritten) {
    const std::string rto = "0x00000000b80b000060ea0000e8030000";
    EXPECT_EQ(encoded("SCTP_RTOINFO", "3000,60000,1000"), rto);
    EXPECT_EQ(encoded("SCTP_RTOINFO", "initial 3000 ms, max 60000 ms, min 1000 ms"), rto);
    EXPECT_EQ(encoded("SCTP_RTOINFO", "INITIAL 3000, 60000 ms, 0x3e8"), rto);
    EXPECT_EQ(encoded("SCTP_RTOINFO", rto), rto);
    EXPECT_EQ(encoded("SCTP_MAXSEG", "1400"), "0x0000000078050000");
    EXPECT_EQ(encoded("SCTP_ECN_SUPPORTED", "on"), "0x0000000001000000");
    EXPECT_EQ(encoded("SCTP_AUTH_ACTIVE_KEY", "7"), "0x0000000007000000");
    EXPECT_EQ(encoded("SCTP_EVENT", "SHUTDOWN_EVENT,1"), "0x0000000005800100");
    EXPECT_EQ(encoded("SCTP_PRIMARY_ADDR", "192.0.2.1:80"), "0x00000000" + storage_v4());
    EXPECT_EQ(encoded("SCTP_REMOTE_UDP_ENCAPS_PORT", "9899"),
              "0x" + zeros(136) + "26ab" + zeros(6));
    EXPECT_EQ(encoded("SCTP_DEFAULT_SNDINFO", "1,UNORDERED|EOF,50,7"),
              "0x0100"
              "0102"
              "00000032"
              "07000000"
              "00000000");
    EXPECT_EQ(encoded("TLS_TX_MAX_PAYLOAD_LEN", "1024"), "0x0004");
    EXPECT_EQ(encoded("PACKET_FANOUT", "7,rollover,defrag"), "0x07000380");
    EXPECT_EQ(encoded("PACKET_FANOUT", "7,hash"), "0x07000000");
    EXPECT_EQ(encoded("PACKET_RX_RING", "4096,2,2048,4"),
              "0x00100000"
              "02000000"
              "00080000"
              "04000000" +
                  zeros(12));
}

TEST(Structure, RefusesWhatDoesNotFit) {
    EXPECT_EQ(encoded("SCTP_RTOINFO", "1,2"), "SCTP_RTOINFO: '1,2' is not INITIAL,MAX,MIN");
    EXPECT_EQ(encoded("SCTP_RTOINFO", "1,2,3,4"), "SCTP_RTOINFO: '1,2,3,4' is not INITIAL,MAX,MIN");
    EXPECT_EQ(encoded("SCTP_RTOINFO", "0x00"), "SCTP_RTOINFO: '0x00' has 1 bytes: expected 16");
    EXPECT_EQ(encoded("SCTP_RTOINFO", "1,2,4294967296"),
              "SCTP_RTOINFO: min: '4294967296' is not a number up to 4294967295");
    EXPECT_EQ(encoded("SCTP_INITMSG", "65536,1,1,1"),
              "SCTP_INITMSG: out_streams: '65536' is not a number up to 65535");
    EXPECT_EQ(encoded("SCTP_PRIMARY_ADDR", "name:80"),
              "SCTP_PRIMARY_ADDR: address: 'name:80' is not ADDRESS:PORT");
    EXPECT_EQ(encoded("PACKET_ADD_MEMBERSHIP", "nosuch,promisc"),
              "PACKET_ADD_MEMBERSHIP: interface: 'nosuch' is not an interface");
    EXPECT_THAT(encoded("PACKET_FANOUT", "1,some"), HasSubstr("mode: 'some' is not hash, lb, cpu"));
    EXPECT_THAT(encoded("TLS_TX", "TLS_1_3,AES_GCM_256"), testing::StartsWith("TLS_TX: "));
    EXPECT_THAT(encoded("TLS_TX", "0x0304"), HasSubstr("has 2 bytes: expected 40 to 56"));
    for (const char* text : {"", ",", ",,", "1,,3", "-1,2,3", "1 s,2,3", "initial,2,3", "0x,1,2"})
        EXPECT_THAT(encoded("SCTP_RTOINFO", text), testing::StartsWith("SCTP_RTOINFO: ")) << text;
}

// Whatever bytes a system returns: printing them must not fail, and what can be set is taken back.
TEST(Structure, EveryRowTakesBackWhatItPrints) {
    int structures = 0;
    for (const OptionRow& row : all_options()) {
        if (row.type != ValueType::structure)
            continue;
        ++structures;
        for (const int fill : {0, 1, 0x7f, 0xff})
            for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{row.size}}) {
                const Bytes bytes(size, static_cast<std::byte>(fill));
                const OptionValue value = decode(row, bytes);
                const std::string text = to_text(row, value);
                const bool whole = size == row.size && fill < 0x80 && writable(row) &&
                                   row.name.substr(0, 4) != "TLS_" && text.find('-') == text.npos;
                if (!whole)
                    continue;
                const auto taken = parse_value(row, text);
                ASSERT_TRUE(taken) << row.name << ": " << taken.error().message();
                EXPECT_EQ(to_text(row, *taken), text);
                EXPECT_EQ(encode(row, *taken)->size(), row.size) << row.name;
            }
    }
    EXPECT_GE(structures, 40);
}

TEST(Membership, TakesSourcesAndBothFamilies) {
    struct Case {
        const char* text;
        bool legal;
    };
    for (const Case& c :
         std::vector<Case>{{"IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1,192.0.2.1", true},
                           {"IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1", false},
                           {"IP_ADD_SOURCE_MEMBERSHIP=192.0.2.1,232.1.1.1", false},
                           {"IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1,::1", false},
                           {"IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1,1.1.1.1,eth", false},
                           {"MCAST_JOIN_GROUP=232.1.1.1", true},
                           {"MCAST_JOIN_GROUP=ff3e::1", true},
                           {"MCAST_JOIN_GROUP=::1", false},
                           {"MCAST_JOIN_SOURCE_GROUP=ff3e::1,2001:db8::1", true},
                           {"MCAST_JOIN_SOURCE_GROUP=ff3e::1,192.0.2.1", false},
                           {"MCAST_JOIN_SOURCE_GROUP=ff3e::1", false}})
        EXPECT_EQ(parse_setting(c.text).has_value(), c.legal) << c.text;
}

}  // namespace
}  // namespace sockbox::net

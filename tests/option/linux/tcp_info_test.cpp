// Tests of TCP_INFO from kernels that provide less or more of it than this build knows.
#include "option/tcp_info.h"

#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

// Every byte is 1 except the state.
Fields decoded(std::size_t length) {
    Bytes bytes(length, std::byte{1});
    return decode_tcp_info(bytes);
}

const Field* find(const Fields& fields, std::string_view name) {
    for (const Field& field : fields)
        if (field.name == name)
            return &field;
    return nullptr;
}

TEST(TcpInfo, HoldsNoFieldBeyondWhatTheKernelGave) {
    EXPECT_TRUE(decoded(0).empty());
    EXPECT_EQ(find(decoded(7), "state"), nullptr);
    EXPECT_NE(find(decoded(8), "state"), nullptr);
    EXPECT_EQ(find(decoded(11), "rto"), nullptr);
    EXPECT_NE(find(decoded(12), "rto"), nullptr);
    // Linux 2.6.32 returned 104 bytes; the headers of 6.1 define 232.
    EXPECT_EQ(decoded(104).back().name, "total_retrans");
    EXPECT_EQ(decoded(232).back().name, "snd_wnd");
    EXPECT_EQ(find(decoded(235), "rcv_wnd"), nullptr);
}

TEST(TcpInfo, ReadsEachFieldAtItsPlaceAndWidth) {
    const Fields fields = decoded(280);
    EXPECT_EQ(std::get<std::string>(find(fields, "state")->value), "ESTABLISHED");
    EXPECT_EQ(std::get<std::int64_t>(find(fields, "rto")->value), 0x01010101);
    EXPECT_EQ(std::get<std::int64_t>(find(fields, "bytes_acked")->value), 0x0101010101010101);
    EXPECT_EQ(std::get<std::int64_t>(find(fields, "total_rto")->value), 0x0101);
    EXPECT_EQ(find(fields, "unknown"), nullptr);
}

TEST(TcpInfo, WhatANewerKernelAppendsIsKeptInHex) {
    const Fields fields = decoded(284);
    EXPECT_EQ(fields.back().name, "unknown");
    EXPECT_EQ(std::get<std::string>(fields.back().value), "0x01010101");
}

TEST(TcpInfo, StatesHaveNames) {
    EXPECT_EQ(tcp_state_name(10), "LISTEN");
    EXPECT_EQ(tcp_state_name(99), "99");
}

}  // namespace
}  // namespace sockbox::net

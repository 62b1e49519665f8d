// Tests that an option derived from another answer equals what getsockopt would return.
#include "inspect/option_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "net/streams.h"
#include "option/codec.h"

namespace sockbox::net {
namespace {

void set_if_it_has_it(Socket& socket, std::string_view setting) {
    (void)apply(socket, parse_setting(setting).value());
}

// Compares both ways for every option that has one; an option that is unavailable must be so either
// way.
void expect_the_same(const Socket& socket, const std::string& of_what) {
    const SocketFacts facts = facts_of(socket).value();
    SocketDiag diag;
    OptionAnswers answers(socket, facts, diag);
    for (const OptionRow& row : all_options()) {
        const Option option(row);
        if (row.part_of == SharedAnswer::none || !applies(row, facts.kind) ||
            row.name == "TCP_INFO")
            continue;
        OptionBuffer buffer;
        const auto itself = read_bytes(socket, option, buffer);
        const auto answer = answers.of(option);
        ASSERT_EQ(answer.has_value(), itself.has_value()) << row.name << " of " << of_what;
        const bool same =
            !itself || std::equal(answer->begin(), answer->end(), itself->begin(), itself->end());
        EXPECT_TRUE(same) << row.name << " of " << of_what;
    }
}

std::vector<Socket> some_of_every_kind() {
    struct Made {
        int family;
        int type;
        int protocol;
    };
    std::vector<Socket> sockets;
    for (const auto& [family, type, protocol] : {Made{AF_INET, SOCK_STREAM, IPPROTO_TCP},
                                                 {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
                                                 {AF_INET, SOCK_STREAM, 262},  // Multipath TCP
                                                 {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
                                                 {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                                                 {AF_UNIX, SOCK_STREAM, 0},
                                                 {AF_NETLINK, SOCK_RAW, 0}})
        if (auto socket = Socket::open(family, type, protocol))
            sockets.push_back(std::move(*socket));
    sockets.push_back(listen_on(Endpoint::loopback(Family::ipv4)).value());
    sockets.push_back(connect_to(sockets.back().local().value()).value());
    return sockets;
}

TEST(OptionAnswers, ArePartsOfOthersOnlyIfTheyAreEqual) {
    for (Socket& socket : some_of_every_kind()) {
        const std::string kind = to_text(facts_of(socket)->kind);
        expect_the_same(socket, kind);
        set_if_it_has_it(socket, "SO_SNDBUF=30000");
        set_if_it_has_it(socket, "SO_MAX_PACING_RATE=5000000000");
        expect_the_same(socket, kind + " with another buffer and a rate");
        set_if_it_has_it(socket, "SO_RCVBUF=40000");
        set_if_it_has_it(socket, "SO_BINDTODEVICE=lo");
        set_if_it_has_it(socket, "SO_MAX_PACING_RATE=123");
        expect_the_same(socket, kind + " with both, another rate and a device");
    }
}

TEST(OptionAnswers, OfOneSocketAreOfOneMoment) {
    auto socket = Socket::open(Family::ipv4, Transport::udp).value();
    const SocketFacts facts = facts_of(socket).value();
    SocketDiag diag;
    OptionAnswers answers(socket, facts, diag);
    const auto size = [&](OptionAnswers& of) {
        const Option option = Option::find("SO_RCVBUF").value();
        return decode(option.row(), of.of(option).value());
    };
    const OptionValue before = size(answers);
    ASSERT_TRUE(apply(socket, parse_setting("SO_RCVBUF=40000").value()));
    EXPECT_EQ(size(answers), before);
    OptionAnswers later(socket, facts, diag);
    EXPECT_EQ(size(later), OptionValue(std::int64_t{80000}));
    EXPECT_EQ(later.buffer_locks().value_or(2) & 2, 2);
}

}  // namespace
}  // namespace sockbox::net

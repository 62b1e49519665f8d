// Compares the option table with what the kernel answers to plain getsockopt(2) and setsockopt(2).
#include <gtest/gtest.h>
#include <linux/filter.h>

#include <array>
#include <cstring>
#include <vector>

#include "option/codec.h"
#include "option/grant.h"
#include "option/option.h"
#include "option/socket_kind.h"
#include "option/table.h"
#include "tests/support.h"

namespace sockbox::net {
namespace {

struct Kind {
    const char* name;
    int family;
    int type;
    int protocol;
};
constexpr std::array<Kind, 12> kinds{{{"tcp4", AF_INET, SOCK_STREAM, IPPROTO_TCP},
                                      {"tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP},
                                      {"udp4", AF_INET, SOCK_DGRAM, IPPROTO_UDP},
                                      {"udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
                                      {"raw4", AF_INET, SOCK_RAW, IPPROTO_ICMP},
                                      {"unix", AF_UNIX, SOCK_STREAM, 0},
                                      {"unix-dgram", AF_UNIX, SOCK_DGRAM, 0},
                                      {"netlink", AF_NETLINK, SOCK_RAW, 0},
                                      {"mptcp", AF_INET, SOCK_STREAM, 262},
                                      {"sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP},
                                      {"vsock", AF_VSOCK, SOCK_STREAM, 0},
                                      {"packet", AF_PACKET, SOCK_DGRAM, 0}}};

Result<Socket> fresh(const Kind& kind) {
    return Socket::open(kind.family, kind.type, kind.protocol);
}

// Whether MPTCP hands the option on to TCP, with some options left out and some values unchecked.
bool is_handed_on(const Kind& kind, const OptionRow& row) {
    return kind.protocol == 262 && row.level == OptionLevel::tcp;
}

struct Raw {
    int error = 0;
    std::vector<std::byte> bytes;
};

Raw raw_read(const Socket& socket, const Option& option) {
    std::array<std::byte, 8192> buffer{};
    for (const Preset& preset : option.row().presets)
        std::memcpy(buffer.data() + preset.offset, &preset.value, preset.size);
    auto length = static_cast<socklen_t>(read_capacity(option.row()));
    if (::getsockopt(socket.native(), option.level(), option.number(), buffer.data(), &length) != 0)
        return {errno, {}};
    return {0, {buffer.begin(), buffer.begin() + length}};
}

int raw_write(const Socket& socket, const Option& option, const std::vector<std::byte>& bytes) {
    const bool done = ::setsockopt(socket.native(), option.level(), option.number(), bytes.data(),
                                   static_cast<socklen_t>(bytes.size())) == 0;
    return done ? 0 : errno;
}

bool is_integer(const OptionRow& row) {
    return row.type == ValueType::integer || row.type == ValueType::choice;
}

// Every row of the table on every kind of socket that can be opened here. The kernel takes long to
// close a packet socket, so that these are tried with the options of their level only.
template <class Check>
void for_each_pair(const Check& check) {
    for (const Kind& kind : kinds) {
        if (!fresh(kind))
            continue;
        for (const OptionRow& row : all_options())
            if (row.on_linux != absent &&
                (kind.family != AF_PACKET || row.level == OptionLevel::packet))
                check(kind, row, Option(row));
    }
}

// Whether reading has an effect or needs more than zeros in the buffer, which sockopt never does.
bool acts(const OptionRow& row) {
    return row.access == Access::none;
}

TEST(OptionOracle, ReadsWhatTheKernelAnswers) {
    for_each_pair([](const Kind& kind, const OptionRow& row, const Option& option) {
        if (row.type == ValueType::filter || acts(row))
            return;
        const auto socket = fresh(kind);
        const Raw raw = raw_read(*socket, option);
        const auto ours = read_option(*socket, option);
        ASSERT_EQ(raw.error, ours ? 0 : ours.error().code.value()) << kind.name << ' ' << row.name;
        if (ours && row.varies != Varies::always && row.type != ValueType::tcp_info) {
            EXPECT_EQ(to_text(row, decode(row, raw.bytes)), to_text(row, *ours))
                << kind.name << ' ' << row.name;
        }
        if (row.access == Access::write_only) {
            EXPECT_NE(raw.error, 0) << kind.name << ' ' << row.name << " can be read";
        }
    });
}

TEST(OptionOracle, SetsWhatTheTableCallsWritable) {
    for_each_pair([](const Kind& kind, const OptionRow& row, const Option& option) {
        if (row.type == ValueType::filter || acts(row) || is_handed_on(kind, row))
            return;
        const auto socket = fresh(kind);
        const Raw now = raw_read(*socket, option);
        if (now.error != 0 || now.bytes.empty())
            return;
        const int error = raw_write(*socket, option, now.bytes);
        if (error == 0) {
            EXPECT_TRUE(writable(row)) << kind.name << ' ' << row.name << " can be set";
        }
        if (error == ENOPROTOOPT) {
            EXPECT_FALSE(writable(row) && applies(row, {kind.family, kind.type, kind.protocol}))
                << kind.name << ' ' << row.name << " cannot be set";
        }
    });
}

// What the kernel does with a number on a new socket, and what the table makes of it.
void check_number(const Kind& kind, const OptionRow& row, const Option& option,
                  std::int64_t number) {
    const std::string what = fmt::format("{} {}={}", kind.name, row.name, number);
    const auto bytes = encode(row, OptionValue(number));
    ASSERT_TRUE(bytes) << what;
    const auto plain = fresh(kind);
    const int error = raw_write(*plain, option, *bytes);
    const Raw raw = raw_read(*plain, option);
    const auto parsed = parse_value(row, fmt::format("{}", number));
    if (!parsed) {
        const bool granted = error == 0 && raw.error == 0 &&
                             std::equal(bytes->begin(), bytes->end(), raw.bytes.begin(),
                                        raw.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                bytes->size(), raw.bytes.size())));
        // Many numbers are unsigned to the user and an int to the kernel, or -1 stands for all
        // below.
        const bool other_sign = number < 0 ? row.range.low >= -1 : number > INT_MAX;
        EXPECT_TRUE(!granted || other_sign) << what << " is granted";
        return;
    }
    auto socket = fresh(kind);
    const auto done = write_option(*socket, option, *parsed);
    EXPECT_EQ(done ? 0 : done.error().code.value(), error) << what;
    const auto granted = read_option(*socket, option);
    if (!done || !granted || raw.error != 0 || row.varies == Varies::always)
        return;
    EXPECT_EQ(to_text(row, decode(row, raw.bytes)), to_text(row, *granted)) << what;
    const Grant grant = explain_grant(option, *parsed, *granted);
    const bool same = *granted == *parsed;
    if (same && !is_buffer(row)) {
        EXPECT_TRUE(grant.as_requested) << what << ": " << grant.reason;
    }
    if (!same) {
        EXPECT_FALSE(grant.reason.empty()) << what;
    }
}

TEST(OptionOracle, GrantsAndRefusesNumbersAsTheKernelDoes) {
    for_each_pair([](const Kind& kind, const OptionRow& row, const Option& option) {
        if (!is_integer(row) || !writable(row) || row.width != 4 || is_handed_on(kind, row) ||
            !applies(row, {kind.family, kind.type, kind.protocol}))
            return;
        for (const std::int64_t number : {row.range.low,
                                          row.range.low - 1,
                                          row.range.high,
                                          row.range.high + 1,
                                          row.range.also,
                                          std::int64_t{-2},
                                          std::int64_t{-1},
                                          std::int64_t{0},
                                          std::int64_t{1},
                                          std::int64_t{127},
                                          std::int64_t{128},
                                          std::int64_t{255},
                                          std::int64_t{256},
                                          std::int64_t{32767},
                                          std::int64_t{32768},
                                          std::int64_t{65535},
                                          std::int64_t{65536},
                                          std::int64_t{INT_MAX},
                                          std::int64_t{0x80000000},
                                          std::int64_t{0xffffffff}})
            if (number >= INT_MIN && number <= 0xffffffffLL)
                check_number(kind, row, option, number);
    });
}

class OptionsOfALevel : public testing::TestWithParam<Kind> {};

// What a new socket of the kind answers at its own level: what it does not, it must be in another
// state for.
TEST_P(OptionsOfALevel, AreAnsweredByItsSockets) {
    const Kind& kind = GetParam();
    const auto socket = fresh(kind);
    if (!socket)
        GTEST_SKIP() << kind.name << ": " << socket.error().message();
    int answered = 0;
    for (const OptionRow& row : all_options()) {
        const SocketKind of{kind.family, kind.type, kind.protocol, false};
        if (row.level <= OptionLevel::udp || !applies(row, of) || !readable(row))
            continue;
        const auto value = try_read(*socket, Option(row));
        const bool has_it = value || (value.error() != std::errc::no_protocol_option &&
                                      value.error() != std::errc::operation_not_supported);
        EXPECT_TRUE(has_it) << row.name;
        answered += value ? 1 : 0;
    }
    EXPECT_GT(answered, 0);
}

constexpr auto kinds_with_levels =
    std::to_array<Kind>({{"udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE},
                         {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
                         {"icmpv6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
                         {"mptcp", AF_INET, SOCK_STREAM, 262},
                         {"sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP},
                         {"dccp", AF_INET, SOCK_DCCP, IPPROTO_DCCP},
                         {"packet", AF_PACKET, SOCK_RAW, 0},
                         {"netlink", AF_NETLINK, SOCK_RAW, 0},
                         {"vsock", AF_VSOCK, SOCK_STREAM, 0}});
INSTANTIATE_TEST_SUITE_P(Kernel, OptionsOfALevel, testing::ValuesIn(kinds_with_levels),
                         [](const auto& kind) { return kind.param.name; });

// A dump leaves out nothing that the kernel answers, except what has no effect: IPv6 options of an
// MPTCP socket over IPv4, and those of UDP-Lite, which UDP shares with it.
TEST(OptionOracle, NoSocketHasALevelThatItIsNotAskedFor) {
    for_each_pair([](const Kind& kind, const OptionRow& row, const Option& option) {
        const SocketKind of{kind.family, kind.type, kind.protocol, false};
        const bool other_family =
            row.level == OptionLevel::ipv6 || row.level == OptionLevel::udplite;
        if (has_level(row.level, of) || other_family || acts(row) || row.type == ValueType::filter)
            return;
        EXPECT_NE(raw_read(*fresh(kind), option).error, 0) << kind.name << ' ' << row.name;
    });
}

TEST(OptionOracle, PackedNumbersKeepTheirUpperHalf) {
    auto socket = fresh(kinds[0]);
    for (const char* text :
         {"IP_LOCAL_PORT_RANGE=40000-50000", "IP_LOCAL_PORT_RANGE=65535-65535"}) {
        const auto setting = parse_setting(text);
        ASSERT_TRUE(setting);
        if (const auto done = apply(*socket, *setting); !done)
            GTEST_SKIP() << done.error().message();
        EXPECT_FALSE(limited_grant(*socket, *setting)) << text;
    }
}

// A filter's length is counted in instructions of 8 bytes, and other options take counts and
// addresses out of the buffer: none may write beyond it, whatever number is read.
TEST(OptionOracle, NoNumberWritesBeyondItsBuffer) {
    const std::vector<sock_filter> program(1000, {BPF_RET | BPF_K, 0, 0, 0xffff});
    const sock_fprog filter{static_cast<unsigned short>(program.size()),
                            const_cast<sock_filter*>(program.data())};
    for (const Kind& kind : kinds) {
        const auto socket = fresh(kind);
        if (!socket)
            continue;
        ::setsockopt(socket->native(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
        for (const int level : {0, 1, 6, 17, 41, 58, 132, 136, 255, 263, 270, 271, 273, 284})
            for (int number = 0; number < 256; ++number)
                if (const auto option = Option::find(fmt::format("{}:{}", level, number)))
                    static_cast<void>(read_option(*socket, *option));
    }
}

TEST(OptionOracle, ANumberOfTheTableIsReadByItsRow) {
    auto socket = fresh(kinds[2]);
    const auto setting = parse_setting("SO_ATTACH_FILTER=2,40 0 0 12,6 0 0 65535");
    ASSERT_TRUE(setting) << setting.error().message();
    ASSERT_TRUE(apply(*socket, *setting));
    const auto option = Option::find("SOL_SOCKET:26");
    ASSERT_TRUE(option);
    EXPECT_EQ(option->name(), "SO_ATTACH_FILTER");
    const auto value = read_option(*socket, *option);
    ASSERT_TRUE(value);
    EXPECT_EQ(to_text(option->row(), *value), to_text(setting->option.row(), setting->value));
}

}  // namespace
}  // namespace sockbox::net

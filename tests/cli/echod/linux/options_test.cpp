// Tests that no option of the table keeps echod or a client from echoing, unless it is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "option/option.h"
#include "option/socket_kind.h"
#include "option/table.h"
#include "tests/echod_client.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

// The number that an integer option is tried with, beside 0: the least that does not turn it off.
std::int64_t least_number(const net::OptionRow& row) {
    if (row.name == "SO_MAX_PACING_RATE")  // at one byte a second, nothing would come back in time
        return 1'000'000'000;
    return std::max<std::int64_t>(row.range.low, 1);
}

// Texts of values that a new socket does not have, or may not have.
Words values_of(const net::OptionRow& row) {
    using Type = net::ValueType;
    Words values;
    switch (row.type) {
        case Type::flag: return {"on", "off"};
        case Type::integer: return {std::to_string(least_number(row)), "0"};
        case Type::choice:
        case Type::mask:
            for (const net::ValueName& name : row.names)
                values.emplace_back(name.name);
            return values;
        case Type::duration: return {"1s"};
        case Type::linger: return {"on, 5 s", "on, 0 s"};
        case Type::text:
            return {row.name == "TCP_CONGESTION" ? "reno" : row.name == "TCP_ULP" ? "tls" : "lo"};
        case Type::address: return {"127.0.0.1"};
        case Type::interface_index:
        case Type::interface_index_be: return {"1"};
        case Type::port_range: return {"40000-50000"};
        case Type::membership4:
        case Type::group: return {"239.1.1.1"};
        case Type::membership6: return {"ff05::1"};
        case Type::source_membership4:
        case Type::group_source: return {"239.1.1.1,127.0.0.1"};
        case Type::address6: return {"::1"};
        case Type::filter: return {"1,6 0 0 65535"};  // accepts everything
        default: return {};
    }
}

net::Socket client_of(const std::string& port, bool is_v6, net::Transport transport) {
    // Not the address that the kernel would answer from by itself.
    const auto server = net::Endpoint::parse(is_v6 ? "::1" : "127.0.0.2", *net::parse_port(port));
    auto socket = net::Socket::open(server->family(), transport);
    if (!socket || !socket->connect(*server).done()) {
        ADD_FAILURE() << "no connection to port " << port;
        return {};
    }
    return std::move(*socket);
}

// What a single receive returns; an error message if nothing comes.
std::string next_from(net::Socket& socket) {
    if (net::wait_for(socket, net::Direction::receive, net::deadline_in(patience)) !=
        net::Readiness::ready)
        return "(nothing)";
    std::string text(65536, '\0');
    const auto got = socket.receive(std::as_writable_bytes(std::span(text)));
    return got.failed() ? got.error.message() : text.substr(0, got.bytes);
}

void send_to(net::Socket& socket, const std::string& text) {
    EXPECT_TRUE(socket.send(std::as_bytes(std::span(text))).done());
}

// Two at once, which may be joined on their way, and a long and an empty one.
void expect_datagrams_back(const std::string& port, bool is_v6, const std::string& what) {
    net::Socket socket = client_of(port, is_v6, net::Transport::udp);
    const Words two{std::string(64, 'a'), std::string(64, 'b')};
    for (const std::string& text : two)
        send_to(socket, text);
    const Words back{next_from(socket), next_from(socket)};
    EXPECT_THAT(back, testing::UnorderedElementsAreArray(two)) << what;
    for (const std::string& text : {std::string(1200, 'c'), std::string(), std::string("d")}) {
        send_to(socket, text);
        EXPECT_EQ(next_from(socket), text) << what;
    }
}

void expect_stream_back(const std::string& port, bool is_v6, const std::string& what) {
    net::Socket socket = client_of(port, is_v6, net::Transport::tcp);
    for (const std::string& text : {std::string("a"), std::string(3000, 'b')}) {
        send_to(socket, text);
        std::string back;
        for (std::string some; back.size() < text.size(); back += some)
            if ((some = next_from(socket)).empty())
                break;
        EXPECT_EQ(back, text) << what;
    }
    EXPECT_TRUE(socket.shutdown(net::ShutdownHow::send));
    EXPECT_EQ(next_from(socket), "") << what;
}

// Starts echod with a setting, which it or the kernel may refuse; otherwise it must work.
void try_setting(const net::OptionRow& row, const std::string& value, const std::string& engine) {
    const bool is_v6 = row.level == net::OptionLevel::ipv6;
    const std::string setting = fmt::format("{}={}", row.name, value);
    const std::string what = engine + " with " + setting;
    Process server({"echod", "-e", engine, "-p", "0", "-b", is_v6 ? "::" : "0.0.0.0", "--udp-rate",
                    "0", "--set", setting});
    std::string port;
    try {
        port = port_in(server.read_line());
        server.read_line();
    } catch (const std::runtime_error&) {
        const Ran ran = server.wait();
        EXPECT_THAT(ran.status, testing::AnyOf(+tools::exit_usage, +tools::exit_refused)) << what;
        EXPECT_THAT(ran.err, testing::HasSubstr(std::string(row.name))) << what;
        return;
    }
    expect_stream_back(port, is_v6, what);
    expect_datagrams_back(port, is_v6, what);
}

// Calls `attempt` with each row that can be set on a socket of TCP or UDP, and each value.
template <class Attempt>
void for_each_setting(const Attempt& attempt) {
    for (const net::OptionRow& row : net::all_options()) {
        const net::Option option(row);
        const bool is_used =
            applies(row, net::SocketKind{AF_INET6, SOCK_STREAM, IPPROTO_TCP, false}) ||
            applies(row, net::SocketKind{AF_INET6, SOCK_DGRAM, IPPROTO_UDP, false});
        if (!option.on_this_platform() || !is_used || row.access == net::Access::read_only ||
            row.access == net::Access::clears_on_read)
            continue;
        for (const std::string& value : values_of(row))
            if (net::parse_setting(fmt::format("{}={}", row.name, value)))
                attempt(row, value);
    }
}

class EveryOption : public testing::TestWithParam<std::string> {};

TEST_P(EveryOption, LeavesEchodWorkingOrIsRefused) {
    if (const auto available = serve::find_engine(GetParam())->available(); !available)
        GTEST_SKIP() << available.error().message();
    for_each_setting([](const net::OptionRow& row, const std::string& value) {
        try_setting(row, value, GetParam());
    });
}

// The second sends in trains where the kernel can cut them. It may lose some, because its receive
// buffer may be the least that there is, but not all, and none may be changed.
TEST(OptionsOfClients, LeaveThemWorkingOrAreRefused) {
    const EchoServer server({"--udp-rate", "0"});
    for_each_setting([&](const net::OptionRow& row, const std::string& value) {
        for (const Words& command : {Words{"echo", "-q", "-c", "3", "-i", "0"},
                                     {"udpecho", "-q", "-c", "10", "--rate", "20000"}}) {
            Words words = command;
            words.insert(words.end(), {"--set", fmt::format("{}={}", row.name, value), "127.0.0.1",
                                       server.port()});
            const Ran ran = Process(words).wait();
            EXPECT_THAT(ran.status, testing::AnyOf(0, +tools::exit_usage, +tools::exit_refused))
                << testing::PrintToString(words) << ran.out << ran.err;
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Echod, EveryOption, testing::ValuesIn(engine_names()),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace sockbox::test

// Tests of udpecho --listen --stamp with packets that none of our senders would send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/streams.h"
#include "system/clock.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t packet_bytes = 44;

// A socket that sends packets to the reflector and receives its replies.
class Asker {
  public:
    explicit Asker(const std::string& port)
        : socket_(*net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4))),
          server_(net::Endpoint::loopback(net::Family::ipv4,
                                          static_cast<std::uint16_t>(std::stoi(port)))) {}

    void ask(const Bytes& packet) {
        ASSERT_EQ(socket_.send_to(std::as_bytes(std::span(packet)), server_).bytes, packet.size());
    }

    // The next reply; the reflector replies in order.
    Bytes next() {
        Bytes answer(65536);
        if (net::wait_for(socket_, net::Direction::receive, net::deadline_in(patience)) !=
            net::Readiness::ready) {
            ADD_FAILURE() << "no answer";
            return {};
        }
        const auto got = socket_.receive(std::as_writable_bytes(std::span(answer)));
        answer.resize(got.bytes);
        return answer;
    }

  private:
    net::Socket socket_;
    const net::Endpoint server_;
};

// A test packet with this number and size.
Bytes question(std::uint8_t number, std::size_t size = packet_bytes) {
    Bytes packet(size);
    for (std::size_t i = 0; i < size; ++i)
        packet[i] = static_cast<std::uint8_t>(i < packet_bytes ? 0 : i);
    if (size > 3)
        packet[3] = number;
    return packet;
}

std::uint8_t number_of(const Bytes& answer) {
    // The sender's number, as returned by the reflector.
    return answer.size() > 27 ? answer[27] : 0;
}

// Shorter packets are dropped, as documented: the next reply is the one to the next complete
// packet.
TEST(UdpEchoReflector, PacketsThatAreTooShortAreDropped) {
    const UdpServer reflector({"--stamp"});
    Asker asker(reflector.port());
    for (std::size_t size = 0; size < 14; ++size) {
        asker.ask(question(1, size));
        asker.ask(question(static_cast<std::uint8_t>(size + 2)));
        const Bytes answer = asker.next();
        ASSERT_EQ(answer.size(), packet_bytes) << "after one of " << size << " bytes";
        EXPECT_EQ(number_of(answer), size + 2);
    }
}

// No reply is longer than its packet, and invalid extensions (TLVs) are flagged.
TEST(UdpEchoReflector, ExtensionsOfEveryKindAreAnsweredOrMarked) {
    constexpr std::uint8_t unrecognized = 0x80;
    constexpr std::uint8_t malformed = 0x40;
    const struct {
        const char* what;
        Bytes extension;
        int flags;  // of the first TLV in the reply; none if it is not a TLV
    } cases[] = {
        {"one byte", {0x80}, -1},
        {"three bytes", {0x80, 1, 0}, -1},
        {"a length past the end", {0x80, 1, 0xff, 0xff, 'x'}, malformed},
        {"a length past the end by one", {0x80, 1, 0, 2, 'x'}, malformed},
        {"an unknown type", {0x80, 200, 0, 2, 'x', 'y'}, unrecognized},
        {"nothing in it", {0x80, 1, 0, 0}, 0},
        {"padding", {0x80, 1, 0, 2, 'x', 'y'}, 0},
        {"zeros", Bytes(100), -1},
    };
    const UdpServer reflector({"--stamp"});
    Asker asker(reflector.port());
    std::uint8_t number = 0;
    for (const auto& each : cases) {
        Bytes packet = question(++number);
        packet.insert(packet.end(), each.extension.begin(), each.extension.end());
        asker.ask(packet);
        const Bytes answer = asker.next();
        EXPECT_EQ(number_of(answer), number) << each.what;
        EXPECT_LE(answer.size(), packet.size()) << each.what;
        if (each.flags < 0)
            continue;
        ASSERT_GT(answer.size(), packet_bytes) << each.what;
        EXPECT_EQ(answer[packet_bytes] & (unrecognized | malformed), each.flags) << each.what;
    }
}

TEST(UdpEchoReflector, TheLongestDatagramIsAnsweredWithNoMore) {
    const UdpServer reflector({"--stamp"});
    Asker asker(reflector.port());
    for (const std::size_t size : {std::size_t{45}, std::size_t{1473}, std::size_t{65507}}) {
        asker.ask(question(7, size));
        const Bytes answer = asker.next();
        EXPECT_GE(answer.size(), packet_bytes);
        EXPECT_LE(answer.size(), size);
        EXPECT_EQ(number_of(answer), 7);
    }
}

}  // namespace
}  // namespace sockbox::test

// An image shows what was set on a socket, and where nothing was set is that of a new one.
#include "net/socket_images.h"

#include <gtest/gtest.h>
#include <linux/filter.h>

#include <array>
#include <optional>
#include <set>
#include <thread>

#include "net/option.h"
#include "net/option_members_linux.h"
#include "net/streams.h"

namespace sockbox::net {
namespace {

// A value other than a new socket's, for every option that can be set on one.
constexpr auto other_values = std::to_array<std::string_view>({
    "SO_DEBUG=on",
    "SO_REUSEADDR=on",
    "SO_DONTROUTE=on",
    "SO_KEEPALIVE=on",
    "SO_OOBINLINE=on",
    "SO_PRIORITY=4",
    "SO_LINGER=on,7",
    "SO_REUSEPORT=on",
    "SO_RCVLOWAT=77",
    "SO_RCVTIMEO=3s",
    "SO_SNDTIMEO=3s",
    "SO_BINDTODEVICE=lo",
    "SO_BINDTOIFINDEX=1",
    "SO_TIMESTAMP=on",
    "SO_TIMESTAMPNS=on",
    "SO_MARK=9",
    "SO_TIMESTAMPING=TX_SOFTWARE",
    "SO_PEEK_OFF=5",
    "SO_SELECT_ERR_QUEUE=on",
    "SO_BUSY_POLL=50",
    "SO_ZEROCOPY=on",
    "SO_PREFER_BUSY_POLL=on",
    "SO_BUF_LOCK=RCVBUF",
    "SO_TXREHASH=0",
    "TCP_NODELAY=on",
    "TCP_CORK=on",
    "TCP_KEEPIDLE=60",
    "TCP_KEEPINTVL=5",
    "TCP_KEEPCNT=3",
    "TCP_SYNCNT=2",
    "TCP_LINGER2=9",
    "TCP_DEFER_ACCEPT=3",
    "TCP_QUICKACK=off",
    "TCP_CONGESTION=reno",
    "TCP_THIN_LINEAR_TIMEOUTS=on",
    "TCP_USER_TIMEOUT=900",
    "TCP_REPAIR=1",
    "TCP_FASTOPEN=5",
    "TCP_NOTSENT_LOWAT=4096",
    "TCP_SAVE_SYN=1",
    "TCP_FASTOPEN_CONNECT=on",
    "TCP_FASTOPEN_KEY=0x000102030405060708090a0b0c0d0e0f",
    "TCP_FASTOPEN_NO_COOKIE=on",
    "TCP_INQ=on",
    "TCP_RTO_MAX_MS=60000",
    "TCP_RTO_MIN_US=100000",
    "TCP_DELACK_MAX_US=80000",
    "IP_TOS=0x20",
    "IP_TTL=9",
    "IP_OPTIONS=0x01010101",
    "IP_MTU_DISCOVER=dont",
    "IP_RECVERR=on",
    "IP_FREEBIND=on",
    "IP_TRANSPARENT=on",
    "IP_MINTTL=3",
    "IP_BIND_ADDRESS_NO_PORT=on",
    "IP_UNICAST_IF=lo",
    "IP_LOCAL_PORT_RANGE=2000-3000",
    "IPV6_FLOWINFO=on",
    "IPV6_MULTICAST_LOOP=off",
    "IPV6_MTU_DISCOVER=dont",
    "IPV6_RECVERR=on",
    "IPV6_V6ONLY=on",
    "IPV6_MULTICAST_ALL=off",
    "IPV6_ROUTER_ALERT_ISOLATE=on",
    "IPV6_RECVERR_RFC4884=on",
    "IPV6_FLOWINFO_SEND=on",
    "IPV6_RECVPKTINFO=on",
    "IPV6_RECVHOPLIMIT=on",
    "IPV6_RECVHOPOPTS=on",
    "IPV6_RTHDRDSTOPTS=0x0000010400000000",
    "IPV6_RECVRTHDR=on",
    "IPV6_RECVDSTOPTS=on",
    "IPV6_RECVPATHMTU=on",
    "IPV6_DONTFRAG=on",
    "IPV6_RECVTCLASS=on",
    "IPV6_TCLASS=0x20",
    "IPV6_AUTOFLOWLABEL=off",
    "IPV6_MINHOPCOUNT=3",
    "IPV6_RECVORIGDSTADDR=on",
    "IPV6_TRANSPARENT=on",
    "IPV6_UNICAST_IF=lo",
    "IPV6_RECVFRAGSIZE=on",
    "IPV6_FREEBIND=on",
});

// What takes more than a new socket, or would change more than the socket.
constexpr auto not_set_here = std::to_array<std::string_view>({
    "SO_INCOMING_NAPI_ID",    // a network card
    "SO_RESERVE_MEM",         // a memory cgroup
    "SO_ATTACH_FILTER",       // tested apart
    "SO_LOCK_FILTER",         // a filter; tested apart
    "TCP_THIN_DUPACK",        // never on
    "TCP_ULP",                // a connection
    "TCP_TX_DELAY",           // turns on what the whole machine then pays for
    "TCP_IS_MPTCP",           // never so of a TCP socket
    "IPV6_ADDR_PREFERENCES",  // tested apart
});

Socket new_socket(Family family = Family::ipv6) {
    return Socket::open(family, Transport::tcp).value();
}

class SocketImagesTest : public testing::Test {
  protected:
    void SetUp() override {
        auto taker = SocketImages::open();
        if (!taker)
            GTEST_SKIP() << taker.error().message();
        taker_ = std::move(*taker);
    }

    Images take() const {
        Images images;
        EXPECT_TRUE(taker_->take(images));
        return images;
    }

    const OptionPlace* place_of(std::string_view option) const {
        return taker_->place_of(Option::find(option).value().row());
    }

    // Whether both have the same where the option is kept.
    bool same(std::string_view option, const Socket& a, const Socket& b) const {
        const Images images = take();
        return same_in(*place_of(option), images.of(a), images.of(b));
    }

    std::optional<SocketImages> taker_;
};

TEST_F(SocketImagesTest, WhatIsSetShowsInItsPlace) {
    const Socket fresh = new_socket();
    for (const std::string_view text : other_values) {
        const Setting setting = parse_setting(text).value();
        if (place_of(setting.option.name()) == nullptr)
            continue;  // this kernel keeps it elsewhere, and it is asked for
        Socket socket = new_socket();
        const auto before = try_read(socket, setting.option);
        const bool changed =
            before && apply(socket, setting) && try_read(socket, setting.option) != before;
        EXPECT_EQ(same(setting.option.name(), fresh, socket), !changed) << text;
    }
}

// So that no place is believed that was never seen to be right.
TEST_F(SocketImagesTest, EveryPlaceIsTriedOrSaidWhyNot) {
    std::set<std::string_view> known(not_set_here.begin(), not_set_here.end());
    for (const std::string_view text : other_values)
        known.insert(text.substr(0, text.find('=')));
    for (const OptionMembers& kept : option_members)
        EXPECT_TRUE(known.contains(kept.option)) << kept.option;
}

TEST_F(SocketImagesTest, MostOfWhatIsSetOnThisKernelWasTried) {
    std::size_t tried = 0;
    for (const std::string_view text : other_values) {
        const Setting setting = parse_setting(text).value();
        Socket socket = new_socket();
        tried += place_of(setting.option.name()) != nullptr && apply(socket, setting) ? 1 : 0;
    }
    EXPECT_GT(tried, other_values.size() * 3 / 4);
}

TEST_F(SocketImagesTest, NewSocketsAreTheSameInEveryPlace) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const Socket one = new_socket(family);
        const Socket other = new_socket(family);
        const Images images = take();
        for (const OptionMembers& kept : option_members) {
            const OptionPlace* place = place_of(kept.option);
            const bool same = place == nullptr || same_in(*place, images.of(one), images.of(other));
            EXPECT_TRUE(same) << kept.option;
        }
    }
}

TEST_F(SocketImagesTest, FiltersAndAddressPreferencesShow) {
    const Socket fresh = new_socket();
    Socket socket = new_socket();
    std::array<sock_filter, 1> all{{{BPF_RET | BPF_K, 0, 0, UINT32_MAX}}};
    const sock_fprog program{all.size(), all.data()};
    ASSERT_EQ(::setsockopt(socket.native(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
              0);
    EXPECT_FALSE(same("SO_ATTACH_FILTER", fresh, socket));
    EXPECT_TRUE(same("SO_LOCK_FILTER", fresh, socket));
    ASSERT_TRUE(socket.set_option(SOL_SOCKET, SO_LOCK_FILTER, 1));
    EXPECT_FALSE(same("SO_LOCK_FILTER", fresh, socket));
    constexpr int prefer_care_of = 4;  // IPV6_PREFER_SRC_COA
    ASSERT_TRUE(socket.set_option(IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, prefer_care_of));
    EXPECT_FALSE(same("IPV6_ADDR_PREFERENCES", fresh, socket));
}

TEST_F(SocketImagesTest, AreOfTcpSocketsThatAreOpen) {
    const Socket datagrams = Socket::open(Family::ipv4, Transport::udp).value();
    // The number of TCP means another protocol there, and here no stream.
    const Socket netlink = Socket::open(AF_NETLINK, SOCK_RAW, IPPROTO_TCP).value();
    const auto raw = Socket::open(AF_INET, SOCK_RAW, IPPROTO_TCP);
    const Socket listener = listen_on(Endpoint::loopback(Family::ipv4)).value();
    const Socket client = connect_to(listener.local().value()).value();
    const Images images = take();
    EXPECT_TRUE(images.of(datagrams).empty());
    EXPECT_TRUE(images.of(netlink).empty());
    EXPECT_TRUE(!raw || images.of(*raw).empty());
    EXPECT_FALSE(images.of(listener).empty());
    EXPECT_FALSE(images.of(client).empty());
    EXPECT_TRUE(images.of(Socket()).empty());
}

TEST_F(SocketImagesTest, HundredsAreTakenAtOnce) {
    std::vector<Socket> sockets;
    while (sockets.size() < 300)
        sockets.push_back(new_socket(Family::ipv4));
    ASSERT_TRUE(sockets.back().set_option(SOL_SOCKET, SO_PRIORITY, 3));
    const Images images = take();
    const OptionPlace& place = *place_of("SO_PRIORITY");
    for (std::size_t i = 1; i < sockets.size(); ++i)
        EXPECT_EQ(same_in(place, images.of(sockets[0]), images.of(sockets[i])),
                  i + 1 < sockets.size());
}

TEST_F(SocketImagesTest, AnotherThreadIsRefused) {
    std::thread([&] {
        Images images;
        EXPECT_FALSE(taker_->take(images));
    }).join();
}

}  // namespace
}  // namespace sockbox::net

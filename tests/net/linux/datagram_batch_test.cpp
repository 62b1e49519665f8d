// Tests of sending and receiving datagrams in trains (UDP_SEGMENT, UDP_GRO).
#include "net/datagram_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/streams.h"
#include "system/clock.h"

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;

// Datagrams of these lengths, each filled with a different letter.
std::vector<std::string> datagrams_of(const std::vector<std::size_t>& lengths) {
    std::vector<std::string> datagrams;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        datagrams.emplace_back(lengths[i], static_cast<char>('a' + i % 26));
    return datagrams;
}

// Two connected sockets on loopback.
struct Pair {
    Socket from = *bind_datagram(Endpoint::loopback(Family::ipv4));
    Socket to = *bind_datagram(Endpoint::loopback(Family::ipv4));
    DatagramBatch batch = *DatagramBatch::create();
    std::size_t in_trains = 0;  // datagrams that arrived in one piece with the one before

    Pair() {
        EXPECT_TRUE(from.set_option(SOL_SOCKET, SO_SNDBUF, 4 << 20));
        EXPECT_TRUE(to.set_option(SOL_SOCKET, SO_RCVBUF, 4 << 20));
        batch.send_in_trains();
    }

    std::size_t send(std::vector<std::string>& datagrams) {
        std::vector<BatchedDatagram> queue(datagrams.size());
        for (std::size_t i = 0; i < queue.size(); ++i) {
            queue[i].data = std::as_writable_bytes(std::span(datagrams[i]));
            queue[i].peer = *to.local();
        }
        return batch.send(from, queue);
    }

    std::vector<std::string> receive(std::size_t count) {
        std::vector<std::string> came;
        const auto deadline = deadline_in(5s);
        while (
            came.size() < count &&
            (batch.has_more() || wait_for(to, Direction::receive, deadline) == Readiness::ready)) {
            std::error_code error;
            for (const BatchedDatagram& datagram : batch.receive(to, error)) {
                came.emplace_back(
                    static_cast<const char*>(static_cast<void*>(datagram.data.data())),
                    datagram.data.size());
                in_trains += datagram.follows ? 1 : 0;
            }
        }
        return came;
    }
};

TEST(DatagramTrain, ArrivesAsTheDatagramsThatItIs) {
    const std::vector<std::vector<std::size_t>> plans{
        std::vector<std::size_t>(64, 64),     // a full batch
        std::vector<std::size_t>(40, 1472),   // two trains
        {100, 100, 100, 7},                   // the last one shorter
        {7, 100, 100, 0, 0, 100, 65507, 1},   // all different, some empty
        std::vector<std::size_t>(5, 40000)};  // two of which are too long for one train
    for (const auto& plan : plans) {
        Pair pair;
        std::vector<std::string> sent = datagrams_of(plan);
        EXPECT_EQ(pair.send(sent), sent.size());
        EXPECT_EQ(pair.receive(sent.size()), sent);
    }
}

TEST(DatagramTrain, IsSplitWhenItIsReceived) {
    const std::vector<std::vector<std::size_t>> plans{
        std::vector<std::size_t>(64, 64),  // a full batch
        {100, 100, 100, 7},                // the last one shorter
        {7, 100, 0, 0, 65507, 1}};         // not sent in trains
    Pair pair;
    pair.batch.receive_in_trains(pair.to);
    for (const auto& plan : plans) {
        std::vector<std::string> sent = datagrams_of(plan);
        EXPECT_EQ(pair.send(sent), sent.size());
        EXPECT_EQ(pair.receive(sent.size()), sent);
    }
    EXPECT_EQ(pair.in_trains, 63U + 2U);
}

// More trains than one receive has room for.
TEST(DatagramTrain, IsLeftForTheNextReceive) {
    Pair pair;
    pair.batch.receive_in_trains(pair.to);
    std::vector<std::string> all;
    for (int i = 0; i < 10; ++i) {
        std::vector<std::string> sent = datagrams_of(std::vector<std::size_t>(60, 10));
        ASSERT_EQ(pair.send(sent), sent.size());
        all.insert(all.end(), sent.begin(), sent.end());
    }
    EXPECT_EQ(pair.receive(all.size()), all);
    EXPECT_FALSE(pair.batch.has_more());
}

// The address to which a datagram was sent, if it can be more than one.
TEST(DatagramBatch, ReportsTheDestinationUnlessDisabled) {
    auto to = *bind_datagram(Endpoint::any(Family::ipv4));
    auto from = *bind_datagram(Endpoint::loopback(Family::ipv4));
    auto batch = *DatagramBatch::create();
    const auto destination = [&] {
        const Endpoint target = Endpoint::loopback(Family::ipv4, to.local()->port());
        EXPECT_TRUE(from.send_to({}, target).done());
        EXPECT_EQ(wait_for(to, Direction::receive, deadline_in(5s)), Readiness::ready);
        std::error_code error;
        const auto got = batch.receive(to, error);
        return got.size() == 1 ? got[0].local : Endpoint::any(Family::ipv6);
    };
    ASSERT_TRUE(DatagramBatch::prepare(to));
    EXPECT_EQ(destination(), Endpoint::loopback(Family::ipv4));
    ASSERT_TRUE(DatagramBatch::prepare(to, false));
    EXPECT_EQ(destination(), Endpoint::any(Family::ipv4));
    ASSERT_TRUE(DatagramBatch::prepare(to));
    EXPECT_EQ(destination(), Endpoint::loopback(Family::ipv4));
}

TEST(DatagramTrain, JoinsOnlyDatagramsOfOnePeer) {
    Pair one;
    Pair other;
    std::vector<std::string> texts = datagrams_of({9, 9, 9, 9});
    std::vector<BatchedDatagram> queue(texts.size());
    for (std::size_t i = 0; i < queue.size(); ++i) {
        queue[i].data = std::as_writable_bytes(std::span(texts[i]));
        queue[i].peer = i < 2 ? *one.to.local() : *other.to.local();
    }
    EXPECT_EQ(one.batch.send(one.from, queue), 4U);
    EXPECT_THAT(one.receive(2), testing::ElementsAre(texts[0], texts[1]));
    EXPECT_THAT(other.receive(2), testing::ElementsAre(texts[2], texts[3]));
}

}  // namespace
}  // namespace sockbox::net

// Tests of comparing readings of sockets, without sockets and without waiting.
#include "inspect/socket_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int tcp = 6;

// Lists events: "+1" appeared, "1: NAME BEFORE>VALUE RATE" changed, "-1" gone, "~1" came and went.
class Events : public WatchEvents {
  public:
    void appeared(const SocketReading& socket) override { add("+", socket); }
    void changed(const SocketReading& socket, const std::vector<ValueChange>& changes) override {
        for (const ValueChange& change : changes) {
            list.push_back(fmt::format("{}: {} {}>{}", socket.target.cookie, change.name,
                                       text(change.before), text(change.value)));
            if (change.per_second)
                list.back() += fmt::format(" {}/s", *change.per_second);
        }
    }
    void gone(const SocketReading& socket, bool seen) override {
        add(seen ? "-" : "~", socket);
        last_tcp_info = socket.target.facts.tcp_info;
    }
    std::vector<std::string> take() { return std::exchange(list, {}); }

    std::vector<std::string> list;
    Bytes last_tcp_info;

  private:
    void add(std::string_view what, const SocketReading& socket) {
        list.push_back(fmt::format("{}{}", what, socket.target.cookie));
    }
    static std::string text(const std::optional<OptionValue>& value) {
        if (!value)
            return "none";
        if (const auto* number = std::get_if<std::int64_t>(&*value))
            return fmt::format("{}", *number);
        if (const auto* flag = std::get_if<bool>(&*value))
            return *flag ? "on" : "off";
        const auto* words = std::get_if<std::string>(&*value);
        return words != nullptr ? *words : "?";
    }
};

SocketFacts facts_at(std::uint16_t port, const std::string& peer = {}) {
    SocketFacts facts;
    facts.kind = {AF_INET, SOCK_STREAM, tcp, peer.empty()};
    facts.state = peer.empty() ? "LISTEN" : "ESTABLISHED";
    facts.local_address = Endpoint::loopback(Family::ipv4, port);
    facts.local = facts.local_address->to_string();
    facts.peer = peer;
    return facts;
}

SocketReading reading(std::uint64_t cookie, std::chrono::nanoseconds at = {},
                      std::vector<SocketReading::Value> values = {}) {
    SocketReading socket;
    socket.target.cookie = cookie;
    socket.target.facts = facts_at(80, "192.0.2.1:5000");
    socket.when = Clock::time_point(at);
    socket.values = std::move(values);
    return socket;
}

SocketReading::Value value(std::string_view name, OptionValue value) {
    return {Option::find(name).value(), std::move(value)};
}

SocketReading::Value memory(std::int64_t level, std::int64_t drops, std::int64_t age = 0) {
    return value("SO_MEMINFO", Fields{{"rmem_alloc", level, "bytes"},
                                      {"drops", drops, "packets", Trend::counter},
                                      {"since", age, "ms", Trend::age},
                                      {"rcvbuf", level, "bytes", Trend::copy}});
}

DestroyedSocket destroyed(std::uint64_t cookie, std::uint16_t port = 80) {
    DestroyedSocket socket;
    socket.cookie = cookie;
    socket.facts = facts_at(port, "192.0.2.1:5000");
    socket.facts.kind.listening = false;
    socket.facts.state = "CLOSE";
    socket.facts.tcp_info = Bytes(8, std::byte{7});
    return socket;
}

class SocketWatching : public testing::Test {
  protected:
    void read(std::vector<SocketReading> sockets) { read(watch, std::move(sockets)); }
    static void read(SocketWatch& which, std::vector<SocketReading> sockets) {
        which.begin();
        for (SocketReading& socket : sockets)
            which.add(std::move(socket));
        which.end();
    }
    static std::vector<SocketReading> list(SocketReading one) {
        std::vector<SocketReading> sockets;
        sockets.push_back(std::move(one));
        return sockets;
    }
    static WatchRules reporting() {
        WatchRules rules;
        rules.ends_are_reported = true;
        rules.filter.port = 80;
        return rules;
    }

    Events events;
    SocketWatch watch{WatchRules(), events};
};

TEST_F(SocketWatching, NamesWhatComesAndGoes) {
    read(list(reading(1)));
    EXPECT_THAT(events.take(), ElementsAre("+1"));
    std::vector<SocketReading> both = list(reading(1));
    both.push_back(reading(2));
    read(std::move(both));
    EXPECT_THAT(events.take(), ElementsAre("+2"));
    read(list(reading(2)));
    EXPECT_THAT(events.take(), ElementsAre("-1"));
    read({});
    EXPECT_THAT(events.take(), ElementsAre("-2"));
    EXPECT_EQ(watch.size(), 0U);
}

TEST_F(SocketWatching, ReportsEachChangeOnce) {
    read(
        list(reading(1, 0s, {value("SO_KEEPALIVE", false), value("SO_RCVBUF", std::int64_t{10})})));
    events.take();
    read(list(reading(1, 1s, {value("SO_KEEPALIVE", true), value("SO_RCVBUF", std::int64_t{10})})));
    EXPECT_THAT(events.take(), ElementsAre("1: SO_KEEPALIVE off>on"));
    read(list(reading(1, 2s, {value("SO_KEEPALIVE", true), value("SO_RCVBUF", std::int64_t{10})})));
    EXPECT_THAT(events.take(), IsEmpty());
}

TEST_F(SocketWatching, AnOptionMayBecomeReadableOrCeaseToBe) {
    read(list(reading(1, 0s, {value("IP_TTL", std::int64_t{64}), value("TCP_NODELAY", true)})));
    read(list(reading(1, 1s, {value("IP_MTU", std::int64_t{1500}), value("TCP_NODELAY", true)})));
    EXPECT_THAT(events.take(), ElementsAre("+1", "1: IP_MTU none>1500", "1: IP_TTL 64>none"));
    SocketReading closing = reading(1, 2s, {});
    closing.target.facts.state = "CLOSE_WAIT";
    read(list(std::move(closing)));
    EXPECT_THAT(events.take(), ElementsAre("1: state ESTABLISHED>CLOSE_WAIT", "1: IP_MTU 1500>none",
                                           "1: TCP_NODELAY on>none"));
}

// A reading that comes late, because the program was stopped or the machine busy, has true rates.
TEST_F(SocketWatching, RatesAreOfTheTimeThatPassed) {
    read(list(reading(1, 0s, {memory(0, 100)})));
    events.take();
    read(list(reading(1, 2500ms, {memory(0, 150)})));
    EXPECT_THAT(events.take(), ElementsAre("1: SO_MEMINFO.drops 100>150 20/s"));
    read(list(reading(1, 2501ms, {memory(0, 151)})));
    EXPECT_THAT(events.take(), ElementsAre("1: SO_MEMINFO.drops 150>151 1000/s"));
}

TEST_F(SocketWatching, ThereIsNoRateOfACounterThatBeganAgainNorOfNoTime) {
    read(list(reading(1, 0s, {memory(0, 100)})));
    read(list(reading(1, 1s, {memory(0, 7)})));
    read(list(reading(1, 1s, {memory(0, 8)})));
    EXPECT_THAT(events.take(),
                ElementsAre("+1", "1: SO_MEMINFO.drops 100>7", "1: SO_MEMINFO.drops 7>8"));
}

TEST_F(SocketWatching, LeavesOutAgesUnlessTheyAreAskedFor) {
    const auto both = [](std::chrono::nanoseconds at, std::int64_t age) {
        return list(reading(1, at, {value("TCP_TIMESTAMP", age), memory(5, 0, age)}));
    };
    read(both(0s, 1));
    events.take();
    read(both(1s, 2));
    EXPECT_THAT(events.take(), IsEmpty());
    SocketWatch curious({.with_ages = true, .filter = {}}, events);
    read(curious, both(0s, 1));
    events.take();
    read(curious, both(1s, 2));
    EXPECT_THAT(events.take(), ElementsAre("1: TCP_TIMESTAMP 1>2", "1: SO_MEMINFO.since 1>2"));
}

TEST_F(SocketWatching, ACopyOfAnotherValueIsNotReportedTwice) {
    read(list(reading(1, 0s, {memory(5, 0)})));
    read(list(reading(1, 1s, {memory(6, 0)})));
    EXPECT_THAT(events.take(), ElementsAre("+1", "1: SO_MEMINFO.rmem_alloc 5>6"));
}

TEST_F(SocketWatching, ASocketOfSeveralDescriptorsIsOne) {
    watch.begin();
    EXPECT_FALSE(watch.has(1));
    watch.add(reading(1, 0s, {value("SO_KEEPALIVE", false)}));
    EXPECT_TRUE(watch.has(1));
    watch.add(reading(1, 1s, {value("SO_KEEPALIVE", true)}));
    watch.end();
    EXPECT_THAT(events.take(), ElementsAre("+1"));
}

// Its process closed it, or passed it on, while the sockets were being listed.
TEST_F(SocketWatching, WhatIsOnlyListedKeepsWhatIsKnown) {
    read(list(reading(1, 0s, {value("SO_KEEPALIVE", true)})));
    SocketReading listed = reading(1, 1s);
    listed.was_open = false;
    read(list(std::move(listed)));
    read(list(reading(1, 2s, {value("SO_KEEPALIVE", false)})));
    EXPECT_THAT(events.take(), ElementsAre("+1", "1: SO_KEEPALIVE on>off"));
}

TEST_F(SocketWatching, AnEndThatTheKernelReportsHasTheLastStatistics) {
    SocketWatch reported(reporting(), events);
    read(reported, list(reading(1)));
    events.take();
    reported.destroyed(destroyed(1), Clock::time_point(1s));
    EXPECT_THAT(events.take(), ElementsAre("-1"));
    EXPECT_THAT(events.last_tcp_info, SizeIs(8));
    read(reported, {});
    EXPECT_THAT(events.take(), IsEmpty()) << "once";
}

TEST_F(SocketWatching, AwaitsTheReportOfASocketThatIsMissing) {
    SocketWatch reported(reporting(), events);
    read(reported, list(reading(1)));
    events.take();
    read(reported, {});
    EXPECT_THAT(events.take(), IsEmpty());
    reported.destroyed(destroyed(1), Clock::time_point(1s));
    EXPECT_THAT(events.take(), ElementsAre("-1"));
    EXPECT_THAT(events.last_tcp_info, SizeIs(8));
}

TEST_F(SocketWatching, DoesNotAwaitItForEverNorReportItTwice) {
    SocketWatch reported(reporting(), events);
    read(reported, list(reading(1)));
    read(reported, {});
    read(reported, {});
    EXPECT_THAT(events.take(), ElementsAre("+1", "-1"));
    EXPECT_THAT(events.last_tcp_info, IsEmpty());
    reported.destroyed(destroyed(1), Clock::time_point(9s));
    EXPECT_THAT(events.take(), IsEmpty()) << "it had data to send after it was closed";
}

TEST_F(SocketWatching, DoesNotAwaitWhatIsNotReported) {
    SocketWatch reported(reporting(), events);
    SocketReading elsewhere = reading(1);
    elsewhere.target.facts.other_namespace = 5;
    SocketReading local = reading(2);
    local.target.facts.kind = {AF_UNIX, SOCK_STREAM, 0, false};
    std::vector<SocketReading> both = list(std::move(elsewhere));
    both.push_back(std::move(local));
    read(reported, std::move(both));
    events.take();
    read(reported, {});
    EXPECT_THAT(events.take(), testing::UnorderedElementsAre("-1", "-2"));
}

TEST_F(SocketWatching, NamesWhatCameAndWentBetweenTwoReadings) {
    SocketWatch reported(reporting(), events);
    read(reported, {});
    reported.destroyed(destroyed(7), Clock::time_point(1s));
    reported.destroyed(destroyed(8, 81), Clock::time_point(1s));
    EXPECT_THAT(events.take(), ElementsAre("~7")) << "the other one has another port";
}

// The kernel does not report whose socket it was, but what a process accepts has the port on which
// it listens.
TEST_F(SocketWatching, OfAProcessTheseAreTheSocketsOnItsListeningPorts) {
    WatchRules rules = reporting();
    rules.filter = {};
    rules.filter.process = "server";
    SocketWatch reported(rules, events);
    SocketReading listener = reading(1);
    listener.target.facts = facts_at(80);
    read(reported, list(std::move(listener)));
    events.take();
    reported.destroyed(destroyed(7), Clock::time_point(1s));
    reported.destroyed(destroyed(8, 81), Clock::time_point(1s));
    EXPECT_THAT(events.take(), ElementsAre("~7"));
}

TEST_F(SocketWatching, MemoryDoesNotGrowWithTime) {
    SocketWatch reported(reporting(), events);
    for (std::uint64_t cookie = 1; cookie < 150'000; ++cookie) {
        read(reported, list(reading(cookie)));
        reported.destroyed(destroyed(cookie + 1'000'000), Clock::time_point(1s));
        events.take();
        ASSERT_LE(reported.size(), 3U);
        ASSERT_LE(reported.remembered(), SocketWatch::max_reported);
    }
}

TEST(MayHaveMatched, ComparesWhatTheKernelReports) {
    SocketFacts connection = facts_at(80, "192.0.2.1:5000");
    connection.kind.listening = false;
    SocketFacts bound = facts_at(80);
    bound.kind.listening = false;
    SocketFilter filter;
    EXPECT_TRUE(may_have_matched(filter, connection));
    EXPECT_FALSE(may_have_matched(filter, facts_at(0))) << "it was never bound";
    filter.listening = true;
    EXPECT_FALSE(may_have_matched(filter, connection));
    EXPECT_TRUE(may_have_matched(filter, bound));
    filter.family = Family::ipv6;
    EXPECT_FALSE(may_have_matched(filter, bound));
}

}  // namespace
}  // namespace sockbox::net

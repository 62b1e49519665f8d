// Tests of the rules by which a socket's options combine, without a socket.
#include "inspect/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace sockbox::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

StoryFacts connection() {
    StoryFacts facts;
    facts.kind = {AF_INET, SOCK_STREAM, 6, false};
    facts.state = "ESTABLISHED";
    facts.connected = true;
    facts.linger = Linger();
    facts.tcp = TcpFacts();
    facts.tcp->timeout = 204ms;
    facts.tcp->smoothed_rtt = 50us;
    facts.tcp->limits = TcpLimits();
    facts.tcp->limits->fin_wait = 60s;
    facts.port = PortFacts();
    facts.port->bound = true;
    facts.receive_buffer = BufferFacts{131072, {"never set, stored 131072", "autotuned"}};
    return facts;
}

StoryFacts listener() {
    StoryFacts facts = connection();
    facts.kind.listening = true;
    facts.connected = false;
    facts.tcp->timeout.reset();
    facts.port->any_address = true;
    facts.listener = ListenerFacts{3, 5, 4096, false, true, 2048, 7, 9};
    facts.drops = 2;
    return facts;
}

StoryFacts datagrams() {
    StoryFacts facts;
    facts.kind = {AF_INET, SOCK_DGRAM, 17, false};
    facts.port = PortFacts();
    facts.port->bound = true;
    facts.port->any_address = true;
    facts.receive_buffer = BufferFacts{212992, {"fixed"}};
    return facts;
}

StoryLine line_about(const StoryFacts& facts, std::string_view about) {
    const auto story = story_of(facts);
    const auto found = std::ranges::find(story, about, &StoryLine::about);
    return found != story.end() ? *found : StoryLine{"missing", "missing"};
}

std::string summary(const StoryFacts& facts, std::string_view about) {
    return line_about(facts, about).summary;
}

TEST(Story, KeepaliveNoticesAnIdlePeer) {
    StoryFacts facts = connection();
    EXPECT_EQ(summary(facts, "dead peer, idle"), "never noticed: SO_KEEPALIVE is off");
    EXPECT_FALSE(line_about(facts, "dead peer, idle").after);
    facts.tcp->keepalive = true;
    EXPECT_THAT(summary(facts, "dead peer, idle"), StartsWith("noticed after 2h11m15s: "));
    facts.tcp->probing = {10s, 5s, 3};
    EXPECT_EQ(summary(facts, "dead peer, idle"),
              "noticed after 25s: TCP_KEEPIDLE 10s + TCP_KEEPCNT 3 x TCP_KEEPINTVL 5s");
    EXPECT_EQ(line_about(facts, "dead peer, idle").after, 25s);
    facts.tcp->probing.user_timeout = 17s;
    EXPECT_THAT(summary(facts, "dead peer, idle"),
                AllOf(StartsWith("noticed after 20s: TCP_KEEPIDLE 10s + 2 x TCP_KEEPINTVL 5s"),
                      HasSubstr("TCP_USER_TIMEOUT 17s, which replaces TCP_KEEPCNT")));
}

TEST(Story, RetransmissionsNoticeABusyPeer) {
    StoryFacts facts = connection();
    const StoryLine line = line_about(facts, "dead peer, data in flight");
    EXPECT_EQ(line.after, 928'896ms);  // 408 ms with the loss probe, and 928.488 s
    EXPECT_EQ(line.summary,
              "noticed after 15m29s: 15 retransmissions, the first after 408ms, with a timeout of "
              "204ms that doubles up to 2m (net.ipv4.tcp_retries2 = 15)");
    facts.tcp->selective_acknowledgements = false;
    EXPECT_EQ(line_about(facts, "dead peer, data in flight").after, 928'692ms);
    facts.tcp->limits->retries = 4;
    EXPECT_THAT(summary(facts, "dead peer, data in flight"),
                StartsWith("noticed after 6.4s to 12.85s: "));
    facts.tcp->probing.user_timeout = 2s;
    EXPECT_EQ(summary(facts, "dead peer, data in flight"),
              "noticed after 2.2s: the first retransmission after 204ms, then TCP_USER_TIMEOUT 2s");
}

TEST(Story, ThinStreamsMayBeNoticedEarlier) {
    StoryFacts facts = connection();
    facts.tcp->limits->retries = 3;
    facts.tcp->limits->may_retry_linearly = true;
    EXPECT_THAT(summary(facts, "dead peer, data in flight"),
                StartsWith("noticed after 4.49s to 6.53s: "));
}

TEST(Story, ANewSocketHasTheStoryOfItsConnection) {
    StoryFacts facts = connection();
    facts.connected = false;
    facts.tcp->timeout.reset();
    EXPECT_THAT(summary(facts, "dead peer, data in flight"),
                AllOf(StartsWith("once connected: noticed after 15m29s: "),
                      EndsWith("; a longer path has a longer timeout than 204ms")));
    const StoryLine line = line_about(facts, "unanswered connect");
    EXPECT_EQ(line.after, 131s);
    EXPECT_EQ(line.summary, "fails after 2m11s: TCP_SYNCNT 6, the SYN repeated 10 times");
    facts.tcp->probing.user_timeout = 2500ms;
    EXPECT_EQ(summary(facts, "unanswered connect"), "fails after 2.5s: TCP_USER_TIMEOUT 2.5s");
    EXPECT_EQ(summary(connection(), "unanswered connect"), "missing");
}

TEST(Story, WithoutItsLimitsTcpIsNotPredicted) {
    StoryFacts facts = connection();
    facts.tcp->limits.reset();
    facts.tcp->unknown = "not supported on this platform";
    const StoryLine line = line_about(facts, "dead peer, data in flight");
    EXPECT_EQ(line.summary, "not supported on this platform");
    EXPECT_FALSE(line.after);
    EXPECT_THAT(summary(facts, "close"), Not(HasSubstr("given up")));
    EXPECT_THAT(summary(facts, "small writes"), Not(HasSubstr("acknowledgements are delayed")));
    facts.kind.listening = true;
    EXPECT_EQ(summary(facts, "accept queue"), "not supported on this platform");
    facts.kind.listening = false;
    facts.tcp->keepalive = true;
    facts.tcp->probing_known = false;
    EXPECT_EQ(summary(facts, "dead peer, idle"),
              "noticed by keepalive, whose times this platform does not report");
}

TEST(Story, LingerDecidesAboutClose) {
    StoryFacts facts = connection();
    StoryLine line = line_about(facts, "close");
    EXPECT_EQ(line.after, 0s);
    EXPECT_EQ(line.summary,
              "returns at once; the kernel sends what is left; a peer that acknowledges nothing is "
              "given up after 1m44s, one that does not close after 1m (TCP_LINGER2); it is a reset "
              "if received data is unread");
    facts.linger = Linger{true, 5};
    line = line_about(facts, "close");
    EXPECT_EQ(line.after, 5s);
    EXPECT_THAT(line.summary, StartsWith("waits up to 5s until the peer has acknowledged"));
    facts.tcp->limits->fin_wait.reset();
    EXPECT_THAT(summary(facts, "close"), HasSubstr("FIN_WAIT2 is skipped"));
    facts.linger = Linger{true, 0};
    EXPECT_THAT(summary(facts, "close"), StartsWith("resets the connection"));
    facts.linger = Linger{true, 5};
    facts.unread_bytes = 12;
    EXPECT_THAT(summary(facts, "close"),
                AllOf(StartsWith("resets the connection"), HasSubstr("12 received bytes")));
    EXPECT_THAT(summary(listener(), "close"), HasSubstr("resets the connections that wait"));
}

TEST(Story, ReuseOptionsDecideAboutThePort) {
    constexpr std::string_view port = "who else can take the port";
    StoryFacts facts = listener();
    EXPECT_THAT(summary(facts, port), StartsWith("nobody; after it is closed, bind fails while"));
    facts.port->reuse_address = true;
    EXPECT_THAT(summary(facts, port), StartsWith("nobody while it listens; before and after"));
    facts.port->reuse_port = true;
    EXPECT_THAT(summary(facts, port), AllOf(HasSubstr("same user that set SO_REUSEPORT too"),
                                            EndsWith("new connections are spread over them")));
    facts.connected = true;
    EXPECT_EQ(summary(facts, port), "sockets of the same user that set SO_REUSEPORT too");
    facts = datagrams();
    EXPECT_EQ(summary(facts, port), "nobody");
    facts.port->reuse_address = true;
    EXPECT_THAT(summary(facts, port), HasSubstr("the last one bound receives"));
    facts.port->any_address = false;
    EXPECT_THAT(summary(facts, port), EndsWith("; on other addresses, anybody"));
    facts.port->bound = false;
    EXPECT_THAT(summary(facts, port), StartsWith("once bound: any socket"));
    EXPECT_THAT(summary(connection(), port), StartsWith("no other bind; connections to other"));
}

TEST(Story, Ipv6OnlyDecidesAboutIpv4) {
    StoryFacts facts = datagrams();
    facts.port->ipv6_only = false;
    EXPECT_EQ(summary(facts, "who else can take the port"),
              "nobody; the same for IPv4 (IPV6_V6ONLY is off)");
    facts.port->ipv6_only = true;
    EXPECT_EQ(summary(facts, "who else can take the port"),
              "nobody; with IPv4, anybody (IPV6_V6ONLY)");
}

TEST(Story, WindowsHasItsOwnRulesForPorts) {
    StoryFacts facts = listener();
    facts.port->exclusive = true;
    EXPECT_EQ(summary(facts, "who else can take the port"), "nobody (SO_EXCLUSIVEADDRUSE)");
    facts.port->exclusive = false;
    EXPECT_THAT(summary(facts, "who else can take the port"),
                StartsWith("a socket of the same user"));
    facts.port->reuse_address = true;
    EXPECT_THAT(summary(facts, "who else can take the port"), StartsWith("any socket that sets"));
}

TEST(Story, SmallWritesMeetDelayedAcknowledgements) {
    StoryFacts facts = connection();
    EXPECT_THAT(summary(facts, "small writes"),
                AllOf(StartsWith("wait while earlier data is unacknowledged (TCP_NODELAY is off)"),
                      EndsWith("delayed by at most 200ms")));
    facts.tcp->no_delay = true;
    facts.tcp->ack_delay = 40ms;
    EXPECT_THAT(summary(facts, "small writes"),
                AllOf(StartsWith("leave at once"), EndsWith("delayed by 40ms, at most 200ms")));
    facts.tcp->cork = true;
    facts.tcp->quick_ack = true;
    EXPECT_THAT(summary(facts, "small writes"),
                AllOf(StartsWith("wait for a full segment, at most 204ms"),
                      EndsWith("leave at once for now (TCP_QUICKACK)")));
    EXPECT_EQ(line_about(facts, "small writes").after, 204ms);
}

TEST(Story, BuffersHaveTheStoryOfTheirOptions) {
    StoryFacts facts = datagrams();
    facts.drops = 4;
    const StoryLine line = line_about(facts, "receive buffer");
    EXPECT_EQ(line.summary, "fixed; 4 packets dropped");
    EXPECT_EQ(line.value, 212992);
    facts.receive_buffer->story.clear();
    facts.drops.reset();
    EXPECT_EQ(summary(facts, "receive buffer"), "212992 bytes");
}

TEST(Story, AListenerHasQueues) {
    StoryFacts facts = listener();
    const StoryLine line = line_about(facts, "accept queue");
    EXPECT_EQ(line.value, 3);
    EXPECT_EQ(
        line.summary,
        "3 of 5, limited by the backlog of listen; 2 dropped by this socket; all listeners of "
        "the network namespace: ListenOverflows = 7, ListenDrops = 9");
    facts.listener->max_accept_queue = 4096;
    EXPECT_THAT(summary(facts, "accept queue"),
                StartsWith("3 of 4096, limited by net.core.somaxconn = 4096; "));
    facts.listener->accept_queue = 4097;
    EXPECT_THAT(summary(facts, "accept queue"), HasSubstr("; full: new connections wait"));
    facts.listener->reset_on_overflow = true;
    EXPECT_THAT(summary(facts, "accept queue"), HasSubstr("; full: new connections are reset"));
    EXPECT_THAT(summary(facts, "dead peer, idle"), StartsWith("accepted connections: "));
}

TEST(Story, SynCookiesRaiseTheBacklog) {
    StoryFacts facts = listener();
    EXPECT_EQ(line_about(facts, "SYN backlog").value, 5);
    EXPECT_THAT(summary(facts, "SYN backlog"), HasSubstr("SYN cookies answer those beyond"));
    facts.listener->syn_cookies = false;
    facts.listener->max_accept_queue = 4096;
    EXPECT_EQ(line_about(facts, "SYN backlog").value, 1536);
}

TEST(Story, OtherSocketsHaveWhatApplies) {
    EXPECT_THAT(summary(datagrams(), "dead peer"), StartsWith("never noticed"));
    EXPECT_EQ(summary(datagrams(), "small writes"), "missing");
    StoryFacts facts;
    facts.kind = {AF_UNIX, SOCK_STREAM, 0, false};
    EXPECT_THAT(summary(facts, "dead peer"), StartsWith("noticed at once"));
    facts.listener = ListenerFacts();
    facts.listener->accept_queue = 6;
    facts.listener->max_accept_queue = 5;
    facts.drops = 0;
    EXPECT_EQ(
        summary(facts, "accept queue"),
        "6 of 5, limited by the backlog of listen; full: connect blocks, or fails with EAGAIN");
    EXPECT_EQ(summary(facts, "SYN backlog"), "missing");
    EXPECT_EQ(summary(facts, "who else can take the port"), "missing");
}

}  // namespace
}  // namespace sockbox::net

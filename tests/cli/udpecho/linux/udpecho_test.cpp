// Tests of udpecho that need Linux's ICMP errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "paths.h"
#include "tests/http_client.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using tools::udpecho;

// Whether a process has installed a handler for the signal.
bool is_caught(int pid, int signal) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigCgt:"))
            return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
    return false;
}

TEST(UdpEcho, ClosedPortIsRefusedByNameAndProbingGoesOn) {
    const std::string port = closed_port();
    const Ran ran = run(udpecho, {"127.0.0.1", port}, "one\ntwo\n");
    EXPECT_EQ(ran.err, "udpecho: line 1: send to 127.0.0.1:" + port +
                           ": port unreachable from 127.0.0.1 (ECONNREFUSED)\n"
                           "udpecho: line 2: send to 127.0.0.1:" +
                           port + ": port unreachable from 127.0.0.1 (ECONNREFUSED)\n");
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    const Ran v6 = run(udpecho, {"::1", port, "hello"});
    if (v6.status == tools::exit_refused)
        GTEST_SKIP() << "no IPv6 here: " << v6.err;
    EXPECT_THAT(v6.err, HasSubstr("port unreachable from ::1 (ECONNREFUSED)"));
}

TEST(UdpEcho, ListensForItself) {
    const TemporaryFile file;
    Process server({"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1", "--json", "--port-file",
                    file.path()});
    EXPECT_THAT(server.read_line(),
                HasSubstr(R"("event":"listening","address":"127.0.0.1","port":)"));
    const std::string port = lines(file.content()).at(0);
    const Ran ran = run(udpecho, {"127.0.0.1", port}, "one\n\nthree\n");
    EXPECT_EQ(ran.out, "one\n\nthree\n") << ran.err;
    server.send_signal(SIGTERM);
    const Ran ended = server.wait();
    EXPECT_THAT(ended.out, HasSubstr(R"("received":3,"received_bytes":11,"answered":3)"));
    EXPECT_EQ(ended.status, tools::exit_ok);
    EXPECT_EQ(run(udpecho, {"--listen", "127.0.0.1", "7"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {}).status, tools::exit_usage);
}

// Another implementation of RFC 862.
TEST(UdpEcho, AnyServerOfTheProtocolWillDo) {
    Process server({"/usr/bin/python3", "-c", R"(
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1], flush=True)
while True:
    s.sendto(*s.recvfrom(65536)))"});
    const std::string port = server.read_line();
    EXPECT_EQ(run(udpecho, {"127.0.0.1", port, "hello"}).out, "hello\n");
    EXPECT_EQ(run(udpecho, {"127.0.0.1", port}, "one\n\ntwo\n").out, "one\n\ntwo\n");
    for (const Words& pace : {Words{"-i", "0"}, {"--rate", "2000"}, {"-P", "3"}}) {
        Words words{"--json", "-q", "-c", "60", "127.0.0.1", port};
        words.insert(words.end(), pace.begin(), pace.end());
        EXPECT_THAT(run(udpecho, words).out,
                    HasSubstr(R"("sent":60,"received":60,"lost":0,"pending":0,"unsent":0)"));
    }
}

// IPv4 and IPv6 leave different lengths to UDP; which one applies is known once the name is
// resolved.
TEST(UdpEcho, TheLargestDatagramsOfEachFamilyPass) {
    for (const std::string address : {"127.0.0.1", "::1"}) {
        const int most = address == "::1" ? 65527 : 65507;
        Process server({"udpecho", "--listen", "-p", "0", "-b", address});
        const std::string line = server.read_line();  // "listening on [::1]:7 (udp)"
        if (line.empty())
            GTEST_SKIP() << "no IPv6 here: " << server.wait().err;
        const std::string at = line.substr(0, line.find(" ("));
        const std::string port = at.substr(at.rfind(':') + 1);
        const auto measure = [&](int size) {
            return run(udpecho, {"--json", "-q", "-c", "2", "-i", "0", "-s", std::to_string(size),
                                 address, port});
        };
        EXPECT_THAT(measure(most).out, HasSubstr(R"("sent":2,"received":2,"lost":0)")) << address;
        const Ran above = measure(most + 1);
        EXPECT_THAT(above.err, HasSubstr("--size")) << address;
        EXPECT_EQ(above.status, tools::exit_usage);
    }
}

TEST(UdpEcho, MetricsDistinguishTheTargets) {
    auto good = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    auto silent = Peer::datagram([](auto&, auto&, auto&) {});
    Process process({"udpecho", "-c", "0", "-i", "20ms", "-W", "10ms", "127.0.0.1", good.port(),
                     "--target", "127.0.0.1:" + silent.port(), "--metrics", "0"});
    const std::string line = process.read_line();  // "listening on 127.0.0.1:9 (http, /metrics)"
    const std::string address = line.substr(0, line.find(" ("));
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    const auto value = [&](const std::string& name, const Peer& target) {
        const std::string text = body_of(ask(net::Endpoint::loopback(net::Family::ipv4, port),
                                             "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
        const std::string key =
            "\nudpecho_messages_" + name + "_total{target=\"127.0.0.1:" + target.port() + "\"} ";
        const std::size_t at = text.find(key);
        EXPECT_NE(at, text.npos) << text;
        return at == text.npos ? 1 : std::stoi(text.substr(at + key.size()));
    };
    const auto deadline = net::deadline_in(patience);
    const auto both_told = [&] { return value("lost", silent) > 0 && value("received", good) > 0; };
    while (!both_told() && net::Clock::now() < deadline)
        (void)process.read_line();  // a reply from `good`
    EXPECT_TRUE(both_told());
    EXPECT_EQ(value("received", silent), 0);
    process.send_signal(SIGINT);
    const Ran ran = process.wait();
    EXPECT_THAT(ran.out, HasSubstr("127.0.0.1:" + silent.port() + " udpecho statistics"));
    EXPECT_EQ(ran.status, tools::exit_mismatch) << "the worse of the two";
}

// Echoes small datagrams; reports when a large one arrives after that.
class NarrowServer {
  public:
    std::string port() const { return peer_.port(); }
    void await_large() {
        ASSERT_EQ(large_came_.get_future().wait_for(patience), std::future_status::ready);
    }

  private:
    bool passed_ = false;
    std::promise<void> large_came_;
    const Peer peer_ =
        Peer::datagram([this, told = false](auto& socket, const auto& text, auto& from) mutable {
            if (text.size() < 1000) {
                passed_ = true;
                (void)socket.send_to(std::as_bytes(std::span(text)), from);
            } else if (passed_ && !std::exchange(told, true)) {
                large_came_.set_value();
            }
        });
};

// What was found so far is printed, marked as incomplete.
TEST(UdpEcho, AnInterruptedSearchReportsHowFarItGot) {
    for (const bool json : {false, true}) {
        NarrowServer server;
        Process search({"udpecho", "--mtu", "-W", "200ms", json ? "--json" : "--color=never",
                        "127.0.0.1", server.port()});
        server.await_large();
        search.send_signal(SIGINT);
        const Ran ran = search.wait();
        const std::string address = "127.0.0.1:" + server.port();
        EXPECT_THAT(ran.out,
                    HasSubstr(json ? R"("mtu_bytes":null,"payload_bytes":null,"at_least_bytes":68,)"
                                     R"("interrupted":true,)"
                                   : "path MTU to " + address + ": 68 bytes or more\n"));
        EXPECT_EQ(ran.out.find(R"("error":{"symbol":"ECANCELED")") != std::string::npos, json)
            << ran.out;
        EXPECT_EQ(ran.err, "udpecho: find the MTU to " + address + ": interrupted (ECANCELED)\n");
        EXPECT_EQ(ran.status, 128 + SIGINT);
    }
}

TEST(UdpEcho, InterruptedTraceShowsItsHops) {
    for (const int number : {SIGINT, SIGTERM}) {
        std::promise<void> asked;
        auto silent = Peer::datagram([&, told = false](auto&, auto&, auto&) mutable {
            if (!std::exchange(told, true))
                asked.set_value();
        });
        Process trace({"udpecho", "--trace", "-W", "1h", "127.0.0.1", silent.port()});
        ASSERT_EQ(asked.get_future().wait_for(patience), std::future_status::ready);
        trace.send_signal(number);
        const Ran ran = trace.wait();
        EXPECT_THAT(ran.out, testing::StartsWith(" 1  *  *  *\n"));
        EXPECT_THAT(ran.out, testing::EndsWith("\n127.0.0.1:" + silent.port() +
                                               " was not reached before the interrupt\n"));
        EXPECT_EQ(ran.status, 128 + number);
    }
}

// With --json there is a result object however the run ends; otherwise a signal ends it as usual.
TEST(UdpEcho, AnInterruptedTalkHasItsObject) {
    auto silent = Peer::datagram([](net::Socket&, std::string_view, const net::Endpoint&) {});
    for (const char* line : {"", "a line that is not answered\n"}) {
        Process process({"udpecho", "--json", "-W", "1m", "127.0.0.1", silent.port()});
        process.write_input(line);
        const auto deadline = net::deadline_in(patience);
        while (!is_caught(process.pid(), SIGINT) && net::Clock::now() < deadline)
            std::this_thread::yield();
        process.send_signal(SIGINT);
        const Ran ran = process.wait();
        EXPECT_EQ(ran.status, 130) << ran.err;
        ASSERT_EQ(lines(ran.out).size(), 1U) << ran.out;
        EXPECT_THAT(ran.out, HasSubstr(R"("mode":"pipe")"));
        EXPECT_THAT(ran.out, HasSubstr(R"("error":{"symbol":"ECANCELED")"));
    }
    Process plain({"udpecho", "-W", "1m", "127.0.0.1", silent.port()});
    plain.send_signal(SIGTERM);
    const Ran ran = plain.wait();
    EXPECT_EQ(ran.status, 143);
    EXPECT_EQ(ran.out, "");
}

TEST(UdpEcho, JsonShowsWhyAMessageWasNotDelivered) {
    const Ran ran = run(udpecho, {"--json", "127.0.0.1", closed_port(), "hello"});
    EXPECT_THAT(ran.out, HasSubstr(R"("lost":1)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("error":{"symbol":"ECONNREFUSED","code":111,)"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(UdpEcho, JsonCountsTheReasonsOfLostLines) {
    const Ran ran =
        run(udpecho, {"--json", "--retries", "1", "127.0.0.1", closed_port()}, "a\nb\n");
    EXPECT_THAT(ran.out, HasSubstr(R"("lines":2,"sent":4,"received":0,"lost":2,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("lost_lines":[1,2],"unsent_lines":[],"errors":[{)"
                                   R"("symbol":"ECONNREFUSED","code":111,)"));
    EXPECT_THAT(ran.out, HasSubstr(R"("phase":"icmp","count":2}])"));
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(UdpEcho, AFailedSearchForThePathNamesItsServer) {
    const std::string port = closed_port();
    const std::string address = R"(,"address":"127.0.0.1:)" + port + '"';
    const Ran mtu = run(udpecho, {"--json", "--mtu", "127.0.0.1", port});
    EXPECT_THAT(mtu.out, HasSubstr(R"("mode":"mtu")" + address)) << mtu.err;
    const Ran trace =
        run(udpecho, {"--json", "--trace", "--source", "203.0.113.1", "127.0.0.1", port});
    EXPECT_THAT(trace.out, HasSubstr(R"("mode":"trace")" + address)) << trace.err;
    const Ran device =
        run(udpecho, {"--json", "--set", "SO_BINDTODEVICE=nosuch", "127.0.0.1", port, "hello"});
    EXPECT_THAT(device.out, HasSubstr(R"("mode":"say")" + address)) << device.err;
}

TEST(UdpEcho, FullOutputIsAFailure) {
    auto peer = Peer::datagram([](auto& socket, const auto& text, const auto& from) {
        (void)socket.send_to(std::as_bytes(std::span(text)), from);
    });
    Process shell({"/bin/sh", "-c",
                   SOCKBOX_SH_BIN "/udpecho 127.0.0.1 " + peer.port() + " hello >/dev/full"});
    const Ran ran = shell.wait();
    EXPECT_THAT(ran.err, HasSubstr("ENOSPC"));
    EXPECT_EQ(ran.status, tools::exit_output);
}

}  // namespace
}  // namespace sockbox::test

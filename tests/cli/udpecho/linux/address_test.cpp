// Tests of udpecho's addresses: its own, the server's, others that answer, and those that change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/signals.h"
#include "net/streams.h"
#include "paths.h"
#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using tools::udpecho;

constexpr int refused_world = 77;

Ran run_shell(const Words& before, const std::string& commands, const Words& environment = {}) {
    Words words = before;
    words.insert(words.end(), {"/bin/sh", "-c",
                               "udpecho() { " SOCKBOX_SH_BIN "/udpecho \"$@\"; }\n" + commands});
    return Process(words, environment).wait();
}

// The only port that the system can choose is that of the server, where nobody listens.
TEST(UdpEchoAddress, ASocketThatTalksToItselfIsRefused) {
    const Ran ran = run_shell({}, R"(
        unshare -n true 2>/dev/null || exit 77
        exec unshare -n /bin/sh -c '
            udpecho=$0
            ip link set lo up 2>/dev/null || exit 77
            echo "40000 40000" >/proc/sys/net/ipv4/ip_local_port_range || exit 77
            for host in 127.0.0.1 ::1 0.0.0.0 ::ffff:127.0.0.1; do
                "$udpecho" "$host" 40000 hi; echo $?
                "$udpecho" -q -c 1 "$host" 40000; echo $?
                "$udpecho" --mtu "$host" 40000; echo $?
            done
            "$udpecho" --broadcast -c 1 127.255.255.255 40000; echo $?
        ' )" SOCKBOX_SH_BIN "/udpecho");
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private network here";
    EXPECT_THAT(lines(ran.out), AllOf(testing::SizeIs(13), testing::Each("3"))) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("udpecho: connect 127.0.0.1:40000: the socket connected to "
                                   "itself: no server listens there (ECONNREFUSED)\n"));
    EXPECT_THAT(ran.err, HasSubstr("udpecho: connect [::1]:40000: "));
}

// Listens on 127.0.0.2 and answers from 127.0.0.1.
class Crossed {
  public:
    Crossed()
        : listener_(*net::bind_datagram(*net::Endpoint::parse("127.0.0.2"))),
          port_(listener_.local()->port()),
          answerer_(*net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4, port_))),
          thread_([this] { run(); }) {}
    ~Crossed() {
        stop_.raise();
        thread_.join();
    }
    std::string port() const { return std::to_string(port_); }

  private:
    void run() {
        std::string buffer(65536, '\0');
        while (net::wait_for(listener_, net::Direction::receive, net::no_deadline, &stop_) ==
               net::Readiness::ready) {
            const auto got = listener_.receive_from(std::as_writable_bytes(std::span(buffer)));
            const auto data = std::as_bytes(std::span(buffer)).first(got.transfer.bytes);
            (void)answerer_.send_to(data, got.source);
        }
    }

    net::StopSignal stop_ = *net::StopSignal::create();
    net::Socket listener_;
    std::uint16_t port_;
    net::Socket answerer_;
    std::thread thread_;
};

TEST(UdpEchoAddress, AReplyFromElsewhereIsReportedAndCountedApart) {
    const Crossed server;
    const Ran text = run(udpecho, {"-c", "2", "-i", "10ms", "127.0.0.2", server.port()});
    EXPECT_THAT(text.out, HasSubstr("64 bytes from 127.0.0.1:" + server.port() +
                                    ": seq=1 from an unexpected address\n"));
    EXPECT_THAT(text.out, HasSubstr("2 sent, 0 received, 2 lost (100%), 2 from an unexpected "
                                    "address\nlost: 2 answered from an unexpected address\n"));
    EXPECT_THAT(text.out,
                HasSubstr("error: receive: reply from unexpected address 127.0.0.1 (2 times)\n"));
    EXPECT_EQ(text.status, tools::exit_mismatch);
    const Ran json =
        run(udpecho, {"--json", "-q", "-c", "3", "-i", "0", "127.0.0.2", server.port()});
    EXPECT_THAT(json.out,
                AllOf(HasSubstr(R"("sent":3,"received":0,"lost":3,"pending":0)"),
                      HasSubstr(R"("misdirected":3,)"), HasSubstr(R"("lost_on_path":0,)")));
    const Ran said = run(udpecho, {"127.0.0.2", server.port(), "hello"});
    EXPECT_THAT(said.err, HasSubstr("udpecho: receive from 127.0.0.2:" + server.port() +
                                    ": reply from unexpected address 127.0.0.1\n"));
    EXPECT_EQ(said.out, "");
    EXPECT_EQ(said.status, tools::exit_mismatch);
}

TEST(UdpEchoAddress, AReplyFromElsewhereEndsTheExaminationOfAPath) {
    const Crossed server;
    const Ran mtu = run(udpecho, {"--mtu", "127.0.0.2", server.port()});
    EXPECT_EQ(mtu.err, "udpecho: find the MTU to 127.0.0.2:" + server.port() +
                           ": reply from unexpected address 127.0.0.1\n");
    EXPECT_EQ(mtu.out, "");
    EXPECT_EQ(mtu.status, tools::exit_mismatch);
    const Ran mtu_json = run(udpecho, {"--json", "--mtu", "127.0.0.2", server.port()});
    EXPECT_THAT(mtu_json.out,
                AllOf(HasSubstr(R"("mtu_bytes":null,)"), HasSubstr(R"("black_hole":false,)"),
                      HasSubstr(R"("sent":1,"received":0,"misdirected":1)")));
    const Ran trace = run(udpecho, {"--trace", "127.0.0.2", server.port()});
    ASSERT_EQ(lines(trace.out).size(), 2U) << trace.out;
    EXPECT_THAT(lines(trace.out)[0],
                testing::MatchesRegex(R"( 1  127\.0\.0\.1  .* ms  \(reply from an )"
                                      R"(unexpected address\))"));
    EXPECT_EQ(lines(trace.out)[1],
              "127.0.0.2:" + server.port() + " was not reached: another address replied");
    EXPECT_EQ(trace.status, tools::exit_mismatch);
    const Ran trace_json = run(udpecho, {"--json", "--trace", "127.0.0.2", server.port()});
    EXPECT_THAT(trace_json.out,
                AllOf(HasSubstr(R"("reached":false,"refused":false,"hops":[{"hop":1,)"),
                      HasSubstr(R"(}],"misdirected":3,)"),
                      HasSubstr(R"({"hop":1,"answers":[{"from":"127.0.0.1",)")));
}

TEST(UdpEchoAddress, TheHintNamesTheOtherAddress) {
    const Words world{SOCKBOX_SOURCE_DIR "/tests/with_fakedns"};
    const Ran ran = run_shell(world, R"(
        udpecho localhost 3490 hi; echo $?
        udpecho -c 1 localhost 3490 >/dev/null; echo $?)");
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_THAT(ran.err, HasSubstr("udpecho: send to [::1]:3490: port unreachable from ::1 "
                                   "(ECONNREFUSED)\nudpecho: hint: the host also has the address "
                                   "127.0.0.1; -4 uses it\n"));
    EXPECT_THAT(ran.err, HasSubstr("udpecho: hint: [::1]:3490 does not answer; the host also has "
                                   "the address 127.0.0.1; -4 uses it\n"));
    EXPECT_EQ(ran.out, "4\n4\n");
}

TEST(UdpEchoAddress, TheUnspecifiedAddressIsNotSuggested) {
    const std::string port = closed_port();
    for (const char* host : {"0.0.0.0", "::", "::ffff:0.0.0.0"})
        for (const Words& words : {Words{host, port, "hi"}, {"-c", "1", host, port}})
            EXPECT_THAT(run(udpecho, words).err, testing::Not(HasSubstr("hint"))) << host;
}

TEST(UdpEchoAddress, TheLookupIsBounded) {
    const Ran ran = run_shell({SOCKBOX_SOURCE_DIR "/tests/with_fakedns"}, R"(
        udpecho --connect-timeout 200ms silent.test 3490 hi; echo $?
        udpecho --connect-timeout 200ms -c 1 silent.test 3490; echo $?)",
                              {"FAKEDNS_OPTIONS=options timeout:30 attempts:5"});
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_EQ(ran.out, "2\n2\n") << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("udpecho: resolve silent.test: no answer within 200ms"));
}

// The address of this host is replaced while a run without end is in progress: it goes on.
TEST(UdpEchoAddress, AnEndlessRunSurvivesANewAddressOfThisHost) {
    const std::string tcp_server =
        "mkfifo /run/tcp; ip netns exec server " SOCKBOX_SH_BIN
        "/echod --tcp -p 7008 >/run/tcp & echo $! >/run/tcp.pid; read -r _ </run/tcp";
    const std::string commands = "bin=" SOCKBOX_SH_BIN R"sh(
        tries() { for _ in $(seq 300); do "$@" && return 0; sleep 0.1; done; return 1; }
        received() { sed -n 's/.*"received":\([0-9]*\),.*/\1/p' "/run/$1" | tail -n 1; }
        above() { [ "$(received "$1")" -gt "$2" ] 2>/dev/null; }
        "$bin/udpecho" --json -q -c 0 -i 20ms -W 200ms --report-interval 50ms 10.9.3.2 7007 \
            >/run/udp.log 2>/run/udp.err & udp=$!
        "$bin/echo" --json -q -c 0 -i 20ms -W 200ms --report-interval 50ms 10.9.3.2 7008 \
            >/run/tcp.log 2>/run/tcp.err & tcp=$!
        tries above udp.log 5 && tries above tcp.log 5 || echo no start
        ip addr del 10.9.1.1/24 dev to_r1
        tries test -s /run/udp.err
        ip addr add 10.9.1.7/24 dev to_r1
        ip route add 10.9.0.0/16 via 10.9.1.2
        udp_before=$(received udp.log) tcp_before=$(received tcp.log)
        tries above udp.log "$((udp_before + 20))" || echo udpecho did not recover
        tries above tcp.log "$((tcp_before + 20))" || echo echo did not recover
        kill -TERM "$udp" "$tcp"
        wait "$udp"; wait "$tcp"
        kill "$(cat /run/tcp.pid)"
        tail -n 1 /run/udp.log
        cat /run/udp.err)sh";
    const Ran ran = run_shell(
        {SOCKBOX_SOURCE_DIR "/tests/with_path", SOCKBOX_BIN_DIR "/udpecho", tcp_server}, commands);
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces here: " << ran.err;
    EXPECT_THAT(ran.out, AllOf(Not(HasSubstr("no start")), Not(HasSubstr("did not recover"))))
        << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(" not sent: send to 10.9.3.2:7007: Network is unreachable "
                                   "(ENETUNREACH)\n"))
        << "at once, not only in the summary";
}

}  // namespace
}  // namespace sockbox::test

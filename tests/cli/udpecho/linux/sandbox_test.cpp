// Tests of the sandbox of udpecho --listen as /proc shows it, and of everything that it does
// inside.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

#include "net/stamp.h"
#include "paths.h"
#include "tests/echod_client.h"
#include "tests/http_client.h"
#include "tests/linux/as_systemd.h"
#include "tests/linux/process_status.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

struct Mode {
    const char* name;
    Words options;
};

class UdpechoInItsSandbox : public testing::TestWithParam<std::tuple<Mode, const char*>> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a build with a sanitizer enters none";
#endif
    }
    static bool is_stamp() {
        const Words& options = std::get<0>(GetParam()).options;
        return std::ranges::find(options, "--stamp") != options.end();
    }
};

void expect_answered(const std::string& host, const std::string& port, bool stamp) {
    Words words{host, port};
    if (stamp)
        words.insert(words.begin(), {"--stamp", "-c", "3", "-i", "0"});
    else
        words.emplace_back("hello");
    const Ran ran = run(tools::udpecho, words);
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(stamp ? "3 sent, 3 received" : "hello"));
}

TEST_P(UdpechoInItsSandbox, ItServesAndHasNoRights) {
    const auto& [mode, host] = GetParam();
    const TemporaryFile port_file;
    Words words{
        "udpecho",     "--listen",       "-p",        "0", "-b", host, "-v", "--set", "so_rcvbuf=1",
        "--port-file", port_file.path(), "--metrics", "0"};
    words.insert(words.end(), mode.options.begin(), mode.options.end());
    const bool root = ::geteuid() == 0;
    if (root)
        words.insert(words.end(), {"--user", "nobody"});
    Process server(words);
    const std::string port = port_in(server.read_line());
    const std::string metrics = port_in(server.read_line());
    if (root) {
        EXPECT_EQ(status_of(server.pid(), "Uid"), "65534\t65534\t65534\t65534");
    }
    expect_no_rights(server.pid());
    EXPECT_EQ(port_file.content(), port + "\n");
    expect_answered(host, port, is_stamp());
    EXPECT_THAT(ask(loopback(metrics), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
                HasSubstr(is_stamp() ? "\nudpecho_datagrams_answered_total 3\n"
                                     : "\nudpecho_datagrams_answered_total 1\n"));
    server.send_signal(SIGUSR1);
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(port_file.content(), "");
    EXPECT_THAT(ran.err, HasSubstr(root ? "udpecho: sandbox: user nobody, no capabilities"
                                        : "udpecho: sandbox: no capabilities"));
    EXPECT_THAT(ran.err, HasSubstr("seccomp"));
    EXPECT_THAT(ran.err, HasSubstr(is_stamp() ? "3 datagrams received, 3 answered"
                                              : "1 datagram received, 1 answered"));
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("EPERM"))) << ran.err;
}

std::string name_of(const testing::TestParamInfo<std::tuple<Mode, const char*>>& tested) {
    const std::string_view host = std::get<1>(tested.param);
    return std::get<0>(tested.param).name + std::string(host == "::1" ? "6" : "4");
}

const Mode modes[] = {
    {"echo", {}}, {"stamp", {"--stamp"}}, {"stateful", {"--stamp", "--stateful"}}};

INSTANTIATE_TEST_SUITE_P(Udpecho, UdpechoInItsSandbox,
                         testing::Combine(testing::ValuesIn(modes),
                                          testing::Values("127.0.0.1", "::1")),
                         name_of);

// The clock's quality is read for the first packet, when the sandbox is already in force.
TEST(UdpechoSandbox, TheReflectorStillKnowsHowGoodItsClockIs) {
    const auto own = net::clock_quality();
    if (own.bound >= std::chrono::hours(24))
        GTEST_SKIP() << "this system does not tell";
    const UdpServer server({"--stamp"});
    auto asking = *net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    std::vector<std::byte> packet(net::stamp::packet_bytes);
    ASSERT_TRUE(asking.send_to(packet, loopback(server.port())).done());
    ASSERT_EQ(net::wait_for(asking, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    ASSERT_TRUE(asking.receive(packet).done());
    const auto error = net::stamp::decode_error(net::stamp::read_answer(packet)->error);
    EXPECT_LT(error.bound, std::chrono::hours(24));
    EXPECT_EQ(error.synchronized, own.synchronized);
}

TEST(UdpechoSandbox, CanBeLeftOutAndSaysSo) {
    Process server({"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1", "--no-sandbox", "-v"});
    server.read_line();
    EXPECT_EQ(status_of(server.pid(), "Seccomp"), "0");
    EXPECT_EQ(status_of(server.pid(), "NoNewPrivs"), "0");
    server.send_signal(SIGTERM);
    EXPECT_THAT(server.wait().err, HasSubstr("udpecho: sandbox: skipped: --no-sandbox\n"));
}

TEST(UdpechoSandbox, MistakesAreUsageErrors) {
    const Ran unknown = run(tools::udpecho, {"--listen", "--user", "no-such-user-here"});
    EXPECT_EQ(unknown.status, tools::exit_usage);
    EXPECT_THAT(unknown.err, HasSubstr("--user: 'no-such-user-here' is not a user"));
    const Ran client = run(tools::udpecho, {"--user", "root", "127.0.0.1", "9"});
    EXPECT_EQ(client.status, tools::exit_usage);
    EXPECT_THAT(client.err, HasSubstr("--user needs --listen"));
    const Ran measuring = run(tools::udpecho, {"--no-sandbox", "-c", "1", "127.0.0.1", "9"});
    EXPECT_EQ(measuring.status, tools::exit_usage);
    EXPECT_THAT(measuring.err, HasSubstr("--no-sandbox needs --metrics"));
}

TEST(UdpechoSystemd, ServesTheSocketThatItIsHanded) {
    for (const Words& options : {Words{"--port", "7"}, Words{"--stamp"}}) {
        const bool stamp = options[0] == "--stamp";
        Words words{"--listen"};
        words.insert(words.end(), options.begin(), options.end());
        Process server = activated("udpecho", "udp", words);
        const std::string line = server.read_line();
        EXPECT_THAT(line, HasSubstr("listening on 127.0.0.1:"));
        expect_answered("127.0.0.1", port_in(line), stamp);
        server.send_signal(SIGTERM);
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0);
        EXPECT_EQ(ran.err,
                  stamp ? "" : "udpecho: the sockets come from LISTEN_FDS: ignoring --port\n");
    }
}

TEST(UdpechoSystemd, RefusesWhatItCannotServe) {
    for (const char* kinds : {"tcp", "udp,tcp", "file", "unbound"}) {
        const Ran ran = activated("udpecho", kinds, {"--listen"}).wait();
        EXPECT_EQ(ran.status, tools::exit_refused) << kinds;
        EXPECT_EQ(ran.out, "") << kinds;
        EXPECT_THAT(ran.err, HasSubstr("LISTEN_FDS")) << kinds;
        EXPECT_EQ(lines(ran.err).size(), 1U) << ran.err;
    }
    for (const char* value : {"LISTEN_FDS=x", "LISTEN_FDS="})
        EXPECT_EQ(
            Process({"udpecho", "--listen", "-p", "0"}, {value, "LISTEN_PID=1"}).wait().status,
            tools::exit_usage)
            << value;
}

TEST(UdpechoSystemd, NotifiesItsManagerWhenReadyAndWhenEnding) {
    const TemporaryFile unique;
    Manager manager("@" + unique.path());
    Process server({"udpecho", "--listen", "--port", "0", "--bind", "127.0.0.1"},
                   {manager.variable()});
    EXPECT_EQ(manager.hear(), "READY=1");
    server.send_signal(SIGTERM);
    EXPECT_EQ(manager.hear(), "STOPPING=1");
    EXPECT_EQ(server.wait().status, 0);
}

TEST(UdpechoListen, AnAddressThatTwoNamesHaveIsBoundOnce) {
    Process server({"udpecho", "--listen", "-4", "-p", "0", "-b", "localhost", "-b", "127.0.0.1"});
    EXPECT_THAT(server.read_line(), HasSubstr("listening on 127.0.0.1:"));
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "");
}

}  // namespace
}  // namespace sockbox::test

// Tests of each command with one system call after another failing.
#include <gmock/gmock.h>

#include <fstream>

#include "paths.h"
#include "serve/engines/engines.h"
#include "tests/echod_client.h"
#include "tests/udp_server.h"

namespace sockbox::test {
namespace {

class Torture : public testing::Test {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a sanitizer's own calls would fail";
#endif
        if (!std::ifstream("/usr/bin/strace"))
            GTEST_SKIP() << "strace is not there";
        if (Process({"/usr/bin/strace", "-o", "/dev/null", "/bin/true"}).wait().status != 0)
            GTEST_SKIP() << "strace may not trace here";
    }

    static void expect_no_bad(const Words& options, const Words& command) {
        Words words{SOCKBOX_SOURCE_DIR "/tests/torture.py", "--cap", "2", "--seconds", "8"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"--", SOCKBOX_BIN_DIR "/" + command[0]});
        words.insert(words.end(), command.begin() + 1, command.end());
        const Ran ran = Process(words).wait();
        EXPECT_EQ(ran.status, 0) << testing::PrintToString(command) << "\n" << ran.out << ran.err;
    }
};

// If the C library cannot read /etc/hosts, it asks the next source. That one knows localhost by one
// address at most, so its answer is the same only if /etc/hosts has one as well.
bool localhost_has_one_address() {
    std::ifstream hosts("/etc/hosts");
    std::size_t found = 0;
    for (std::string line; std::getline(hosts, line);)
        found += line.find("localhost") != line.npos ? 1 : 0;
    return found == 1;
}

TEST_F(Torture, Showip) {
    const Words options = localhost_has_one_address() ? Words{} : Words{"--varies"};
    expect_no_bad(options, {"showip", "localhost"});
    expect_no_bad({"--varies"}, {"showip", "--reverse", "--source", "-j", "127.0.0.1"});
}

TEST_F(Torture, Sockopt) {
    expect_no_bad({"--varies"}, {"sockopt", "--all"});
    expect_no_bad({}, {"sockopt", "SO_RCVBUF=10000"});
}

TEST_F(Torture, Echo) {
    EchoServer server;
    expect_no_bad({}, {"echo", "127.0.0.1", server.port(), "hello"});
    expect_no_bad({"--varies"}, {"echo", "--json", "127.0.0.1", server.port(), "hello"});
    expect_no_bad({"--varies"}, {"echo", "-c", "3", "-i", "0", "127.0.0.1", server.port()});
}

TEST_F(Torture, Udpecho) {
    const UdpServer server;
    expect_no_bad({}, {"udpecho", "127.0.0.1", server.port(), "hello"});
    expect_no_bad({"--varies"}, {"udpecho", "-c", "3", "-i", "0", "127.0.0.1", server.port()});
}

TEST_F(Torture, UdpechoOnItsWay) {
    const UdpServer server;
    const UdpServer reflector({"--stamp"});
    expect_no_bad({"--varies"},
                  {"udpecho", "--stamp", "-c", "3", "-i", "0", "127.0.0.1", reflector.port()});
    expect_no_bad({"--varies"},
                  {"udpecho", "--mtu", "-q", "-W", "200ms", "127.0.0.1", server.port()});
    expect_no_bad({"--varies"}, {"udpecho", "--trace", "-W", "200ms", "127.0.0.1", server.port()});
}

class TortureOfEngine : public Torture, public testing::WithParamInterface<std::string> {};

TEST_P(TortureOfEngine, Echod) {
    if (const auto available = serve::find_engine(GetParam())->available(); !available)
        GTEST_SKIP() << available.error().message();
    expect_no_bad({"--server"}, {"echod", "-e", GetParam(), "-w", "2", "-p", "0", "-b", "127.0.0.1",
                                 "--drain-timeout", "300ms"});
}

INSTANTIATE_TEST_SUITE_P(Echod, TortureOfEngine, testing::ValuesIn(engine_names()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sockbox::test

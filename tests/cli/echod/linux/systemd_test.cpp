// Tests of echod with systemd's protocols, and of its units.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "paths.h"
#include "tests/echod_client.h"
#include "tests/linux/as_systemd.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EchodSystemd, ServesTheSocketsThatItIsHanded) {
    Process server = activated("echod", "udp,tcp");
    const std::string tcp = server.read_line();
    const std::string udp = server.read_line();
    EXPECT_THAT(tcp, HasSubstr(" (tcp, "));
    EXPECT_THAT(udp, HasSubstr(" (udp, "));
    EXPECT_EQ(port_in(tcp), port_in(udp));
    auto stream = connect(port_in(tcp));
    expect_served(stream);
    auto datagrams = net::bind_datagram(net::Endpoint::loopback(net::Family::ipv4));
    ASSERT_TRUE(datagrams);
    std::byte byte{7};
    ASSERT_TRUE(datagrams->send_to({&byte, 1}, loopback(port_in(udp))).done());
    EXPECT_EQ(net::wait_for(*datagrams, net::Direction::receive, net::deadline_in(patience)),
              net::Readiness::ready);
    stream.close();
    server.send_signal(SIGTERM);
    const Ran ran = server.wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
}

// The manager keeps the socket, and with it the options that a server has set.
TEST(EchodSystemd, ServesTheSameSocketsAgainAfterARestart) {
    const std::string script = R"py(
import os, signal, socket, subprocess, sys
passed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
passed.bind(("127.0.0.1", 0))
def become():
    os.dup2(passed.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
for _ in range(3):
    server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, preexec_fn=become,
                              close_fds=False)
    assert b"listening" in server.stdout.readline()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(bytes(64), passed.getsockname())
        assert len(client.recv(100)) == 64
    server.send_signal(signal.SIGTERM)
    assert server.wait() == 0
)py";
    for (const Words& server :
         {Words{"echod"}, Words{"echod", "-e", "poll"}, Words{"echod", "-e", "epoll"},
          Words{"udpecho", "--listen"}, Words{"udpecho", "--listen", "--stamp"}}) {
        Words words{"/usr/bin/python3", "-c", script, SOCKBOX_BIN_DIR "/" + server[0]};
        words.insert(words.end(), server.begin() + 1, server.end());
        const Ran ran = Process(words).wait();
        EXPECT_EQ(ran.status, 0) << server.back() << ": " << ran.err;
    }
}

TEST(EchodSystemd, RefusesWhatItCannotServe) {
    for (const char* kinds : {"file", "unix", "unbound", "connected", "tcp,file"}) {
        SCOPED_TRACE(kinds);
        const Ran ran = activated("echod", kinds).wait();
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_EQ(ran.out, "");
        const bool second = std::string_view(kinds).starts_with("tcp");
        EXPECT_THAT(ran.err, HasSubstr(second ? "LISTEN_FDS descriptor 4: it is not a socket"
                                              : "LISTEN_FDS descriptor 3: it is n"));
        EXPECT_EQ(lines(ran.err).size(), 1U) << ran.err;
    }
}

TEST(EchodSystemd, SocketsForAnotherProcessAreNotTaken) {
    Process server({"echod", "--port", "0", "--bind", "127.0.0.1"},
                   {"LISTEN_FDS=1", "LISTEN_PID=1"});
    auto client = connect(port_in(server.read_line()));
    expect_served(client);
}

TEST(EchodSystemd, OptionsWithoutEffectAreReported) {
    Process server = activated("echod", "tcp", {"-6", "--port", "7", "--backlog", "1048576"});
    EXPECT_THAT(server.read_line(), HasSubstr("listening on 127.0.0.1:"));
    server.send_signal(SIGTERM);
    const std::string err = server.wait().err;
    EXPECT_THAT(err, Not(HasSubstr("clamps"))) << "whoever opened the socket chose its backlog";
    EXPECT_THAT(err,
                HasSubstr("the sockets come from LISTEN_FDS: ignoring --port, --backlog and -6\n"));
}

TEST(EchodSystemd, OnceNeedsATcpSocketAmongThem) {
    const Ran ran = activated("echod", "udp", {"--once"}).wait();
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("--once serves a TCP client"));
}

TEST(EchodSystemd, AFaultNeedsASocketThatItAppliesTo) {
    for (const auto& [kind, fault, transport] :
         {std::array{"tcp", "drop=50%", "UDP"}, {"udp", "close-after=10", "TCP"}}) {
        const Ran ran = activated("echod", kind, {"--fault", fault}).wait();
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, HasSubstr(fmt::format("--fault {} applies to {}, which is not served",
                                                   fault, transport)));
    }
}

TEST(EchodSystemd, AListenerOfMultipathTcpIsServed) {
    if (!net::Socket::open(AF_INET, SOCK_STREAM, 262))
        GTEST_SKIP() << "this kernel has no Multipath TCP";
    for (const char* engine : {"epoll", "io_uring", "thread"}) {
        Process server({"sockopt", "--type", "mptcp", "--listen", "127.0.0.1:0", "--",
                        SOCKBOX_BIN_DIR "/echod", "--engine", engine});
        auto client = connect(port_in(server.read_line()));
        expect_served(client);
    }
}

TEST(EchodSystemd, ASettingNeedsASocketThatItAppliesTo) {
    for (const auto& [kind, setting, transport] :
         {std::array{"tcp", "UDP_CORK=off", "UDP"}, {"udp", "TCP_NODELAY=on", "TCP"}}) {
        const std::string name =
            std::string(setting).substr(0, std::string_view(setting).find('='));
        const std::string mistake =
            fmt::format("--set {} applies to {}, which is not served", name, transport);
        const Ran passed = activated("echod", kind, {"--set", setting}).wait();
        EXPECT_EQ(passed.status, tools::exit_refused);
        EXPECT_THAT(passed.err, HasSubstr(mistake));
        const Ran opened =
            run(tools::echod, {"--port", "0", fmt::format("--{}", kind), "--set", setting});
        EXPECT_EQ(opened.status, tools::exit_usage);
        EXPECT_THAT(opened.err, HasSubstr(mistake));
    }
}

TEST(EchodSystemd, SockoptHandsItsSocketOver) {
    Process server(
        {"sockopt", "--listen", "127.0.0.1:0", "SO_RCVBUF=20000", "--", SOCKBOX_BIN_DIR "/echod"});
    std::string line;
    while (!line.starts_with("listening on ")) {
        line = server.read_line();
        ASSERT_FALSE(line.empty());
    }
    auto client = connect(port_in(line));
    expect_served(client);
}

TEST(EchodSystemd, NotifiesItsManagerWhenReadyAndWhenEnding) {
    const TemporaryFile unique;
    std::filesystem::remove(unique.path());
    for (const std::string& path : {unique.path(), "@" + unique.path()}) {
        SCOPED_TRACE(path);
        Manager manager(path);
        Process server({"echod", "--port", "0", "--bind", "127.0.0.1"}, {manager.variable()});
        EXPECT_EQ(manager.hear(), "READY=1");
        server.send_signal(SIGTERM);
        EXPECT_EQ(manager.hear(), "STOPPING=1");
        const Ran ran = server.wait();
        EXPECT_EQ(ran.status, 0) << ran.err;
    }
}

// The units as installed, except for the path of the program.
class SystemdUnits : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::ifstream(analyze_))
            GTEST_SKIP() << analyze_ << " is not there";
        std::filesystem::create_directory(folder_);
        std::filesystem::create_directory_symlink(SOCKBOX_BIN_DIR, programs_);
        for (const auto& unit :
             std::filesystem::directory_iterator(SOCKBOX_SOURCE_DIR "/packaging/systemd")) {
            const std::string name = unit.path().filename();
            (name.ends_with(".service") ? services_ : sockets_).push_back(folder_ + "/" + name);
            std::ifstream file(unit.path());
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            std::ofstream(folder_ + "/" + name)
                << std::regex_replace(text, std::regex("@[A-Z_]+@"), programs_);
        }
    }
    ~SystemdUnits() override { std::filesystem::remove_all(folder_); }

    const std::string analyze_ = "/usr/bin/systemd-analyze";
    const TemporaryFile unique_;
    const std::string folder_ = unique_.path() + ".units";
    const std::string programs_ = folder_ + "/a folder";
    Words services_;
    Words sockets_;
};

TEST_F(SystemdUnits, AreWithoutMistakes) {
    Words words{analyze_, "verify", "--man=no"};
    words.insert(words.end(), services_.begin(), services_.end());
    words.insert(words.end(), sockets_.begin(), sockets_.end());
    const Ran ran = Process(words).wait();
    EXPECT_EQ(ran.status, 0);
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("echo"))) << ran.err;
}

// Under a systemd in namespaces of its own.
TEST_F(SystemdUnits, StartAndStopWithEveryEngine) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "a sanitizer needs more than the unit leaves";
#endif
    Words words{SOCKBOX_SOURCE_DIR "/tests/with_systemd", folder_, SOCKBOX_BIN_DIR "/echod"};
    std::string expected;
    for (const std::string& engine : engine_names()) {
        if (!serve::find_engine(engine)->available())
            continue;
        words.push_back(engine);
        expected += engine + " active\n" + engine + " inactive\n";
    }
    expected += "reflector active\nreflector 1 received\nreflector inactive\n";
    const Ran ran = Process(words).wait();
    if (ran.status == 77)
        GTEST_SKIP() << "this machine refuses a systemd in namespaces of its own";
    EXPECT_EQ(ran.out, expected) << ran.err;
}

TEST_F(SystemdUnits, LeaveLittleExposed) {
    EXPECT_EQ(services_.size(), 3U);
    for (const std::string& service : services_) {
        const Ran ran = Process({analyze_, "security", "--offline=true", "--threshold=20",
                                 "--no-pager", service})
                            .wait();
        EXPECT_EQ(ran.status, 0) << service << "\n" << ran.out;
    }
}

}  // namespace
}  // namespace sockbox::test

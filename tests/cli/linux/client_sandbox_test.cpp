// Tests of what a client that serves metrics has given up, and that it still measures and reports.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

#include "tests/echod_client.h"
#include "tests/http_client.h"
#include "tests/linux/process_status.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

class ClientSandbox : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
#ifdef SOCKBOX_SANITIZED
        GTEST_SKIP() << "a build with a sanitizer enters none";
#endif
    }
};

TEST_P(ClientSandbox, HasNoRightsAndMeasures) {
    EchoServer server;
    Process client({GetParam(), "-c", "0", "-i", "20ms", "-W", "30s", "-v", "--metrics", "0", "-4",
                    "localhost", server.port()});
    const std::string metrics = port_in(client.read_line());
    (void)client.read_line();  // a reply
    expect_no_rights(client.pid());
    EXPECT_THAT(ask(loopback(metrics), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
                HasSubstr("_messages_received_total{"));
    client.send_signal(SIGINT);
    const Ran ran = client.wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("sandbox: no capabilities"));
    EXPECT_THAT(ran.err, HasSubstr("seccomp"));
}

TEST_P(ClientSandbox, WritesItsReportsWhereverTheyAre) {
    EchoServer server;
    const TemporaryFile html("old");
    const TemporaryFile hgrm;
    std::filesystem::remove(hgrm.path());
    std::filesystem::create_symlink(hgrm.path() + ".target", hgrm.path());
    if (::geteuid() == 0) {
        EXPECT_EQ(::chown(html.path().c_str(), 65534, 65534), 0);
    }
    const Ran ran = Process({GetParam(), "-c", "3", "-i", "0", "--metrics", "0", "--html",
                             html.path(), "--hgrm", hgrm.path(), "127.0.0.1", server.port()})
                        .wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    EXPECT_THAT(html.content(), testing::EndsWith("</html>\n"));
    EXPECT_THAT(hgrm.content(), HasSubstr("Percentile"));
    std::filesystem::remove(hgrm.path() + ".target");
    for (const char* place : {"/dev/null", "-", "/dev/stdout", "/dev/fd/1"}) {
        const Ran other = Process({GetParam(), "-c", "3", "-i", "0", "--metrics", "0", "--html",
                                   place, "127.0.0.1", server.port()})
                              .wait();
        EXPECT_EQ(other.status, 0) << place << other.err;
        EXPECT_EQ(other.out.ends_with("</html>\n"), std::string_view(place) != "/dev/null");
    }
}

TEST_P(ClientSandbox, IsLeftOutOnRequestAndWithoutMetrics) {
    EchoServer server;
    for (const Words& options : {Words{"--metrics", "0", "--no-sandbox"}, Words{}}) {
        Words words{GetParam(), "-c", "0", "-i", "20ms", "-W", "30s"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"127.0.0.1", server.port()});
        Process client(words);
        if (!options.empty())
            client.read_line();
        client.read_line();
        EXPECT_EQ(status_of(client.pid(), "Seccomp"), "0");
        client.send_signal(SIGINT);
        EXPECT_EQ(client.wait().status, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Clients, ClientSandbox, testing::Values("echo", "udpecho"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace sockbox::test

// Tests of the clients' --metrics, and of the Prometheus files in packaging/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "paths.h"
#include "tests/echod_client.h"
#include "tests/http_client.h"
#include "tests/peer.h"
#include "tests/ready_line.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr std::string_view request =
    "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n";

TEST(MeasureMetrics, ShowARunWhileItGoesOn) {
    auto one = Peer::stream(echo_all);
    auto two = Peer::stream(echo_all);
    // A reply that is late on a busy machine would be a loss.
    Process process({"echo", "-c", "0", "-i", "20ms", "-W", "30s", "127.0.0.1", one.port(),
                     "--target", "localhost:" + two.port(), "-4", "--metrics", "0"});
    const std::string line = process.read_line();
    EXPECT_THAT(line, ContainsRegex("^listening on 127.0.0.1:[0-9]+ \\(http, /metrics\\)$"));
    (void)process.read_line();  // a first reply
    const std::string address = line.substr(0, line.find(" ("));
    const auto endpoint = loopback(address.substr(address.rfind(':') + 1));
    const std::string text = body_of(ask(endpoint, request));
    EXPECT_THAT(text, ContainsRegex("\necho_messages_received_total\\{target=\"127.0.0.1:" +
                                    one.port() + "\"\\} [0-9]"));
    EXPECT_THAT(text, ContainsRegex("\necho_round_trip_seconds_bucket\\{target=\"localhost:" +
                                    two.port() + "\",le=\"\\+Inf\"\\} [0-9]"));
    EXPECT_THAT(text, testing::EndsWith("# EOF\n"));
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().status, tools::exit_ok);
}

// Of a run with extensions, which has most of them: no complaint at all, not even about style.
TEST(MeasureMetrics, PromtoolAcceptsThem) {
    if (!std::filesystem::exists("/usr/bin/promtool"))
        GTEST_SKIP() << "no promtool here";
    Process reflector({"udpecho", "--listen", "--stamp", "-p", "0", "-b", "127.0.0.1"});
    const std::string port = port_in(reflector.read_line());
    const TemporaryFile file;
    const Ran ran = Process({"udpecho", "--stamp", "-q", "-c", "5", "-i", "10ms", "--stamp-request",
                             "clock", "--metrics-file", file.path(), "127.0.0.1", port})
                        .wait();
    ASSERT_EQ(ran.status, tools::exit_ok) << ran.err;
    Process promtool({"/usr/bin/promtool", "check", "metrics"});
    promtool.write_input(file.content());
    const Ran judged = promtool.wait();
    EXPECT_EQ(judged.out + judged.err, "");
    EXPECT_EQ(judged.status, 0);
}

TEST(MeasureMetrics, NeedARunAndAFreePort) {
    auto peer = Peer::stream(echo_all);
    EXPECT_EQ(run(tools::echo, {"127.0.0.1", peer.port(), "--metrics", "0", "hello"}).status,
              tools::exit_usage);
    const Ran taken =
        run(tools::echo, {"-c", "1", "127.0.0.1", peer.port(), "--metrics", peer.port()});
    EXPECT_THAT(taken.err, HasSubstr("bind 127.0.0.1:" + peer.port()));
    EXPECT_EQ(taken.status, tools::exit_refused);
}

TEST(Packaging, PromtoolAcceptsTheConfigurationAndTheAlertsFireWhenTheyMust) {
    if (!std::filesystem::exists("/usr/bin/promtool"))
        GTEST_SKIP() << "no promtool here";
    const std::string folder = SOCKBOX_SOURCE_DIR "/packaging/prometheus/";
    const auto promtool = [&](const std::string& what, const std::string& kind,
                              const std::string& file) {
        const Ran ran = Process({"/usr/bin/promtool", what, kind, folder + file}).wait();
        EXPECT_EQ(ran.status, 0) << file << ": " << ran.out << ran.err;
    };
    promtool("check", "config", "prometheus.yml");
    promtool("check", "rules", "sockbox.rules.yml");
    promtool("check", "rules", "sockbox.recording.yml");
    promtool("test", "rules", "sockbox.tests.yml");
}

// Series must be unique, or Prometheus may refuse the whole scrape.
TEST(MeasureMetrics, NothingIsWrittenTwice) {
    auto peer = Peer::stream(echo_all);
    const std::string server = "127.0.0.1:" + peer.port();
    const TemporaryFile list(server + '\n');
    const TemporaryFile file;
    const Ran ran =
        Process({"echo", "-q", "-c", "1", "--targets", list.path(), "--assert", "loss<1%",
                 "--assert", "loss < 1%", "--metrics-file", file.path(), "127.0.0.1", peer.port()})
            .wait();
    ASSERT_EQ(ran.status, tools::exit_ok) << ran.err;
    auto series = lines(file.content());
    for (std::string& line : series)
        line.erase(std::min(line.find("} "), line.size()));
    std::ranges::sort(series);
    const auto repeated = std::ranges::adjacent_find(series);
    EXPECT_EQ(repeated, series.end()) << *repeated;
}

}  // namespace
}  // namespace sockbox::test

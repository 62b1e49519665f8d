// End-to-end tests of --metrics with real consumers of such metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/echod_client.h"
#include "tests/http_client.h"
#include "text/units.h"

namespace sockbox::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr std::string_view wants_open_metrics =
    "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n";
constexpr std::string_view wants_any = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

// A server with metrics that has served a connection and a datagram.
class MeteredServer {
  public:
    MeteredServer()
        : process_({"echod", "-p", "0", "-b", "127.0.0.1", "--metrics", "0", "-e", "poll"}) {
        const std::string tcp = process_.read_line();
        process_.read_line();
        const std::string http = process_.read_line();
        EXPECT_THAT(http, ContainsRegex("^listening on 127.0.0.1:[0-9]+ \\(http, /metrics\\)$"));
        metrics_ = http.substr(0, http.find(" ("));
        metrics_ = metrics_.substr(metrics_.rfind(' ') + 1);
        const std::string address = tcp.substr(0, tcp.find(" ("));
        auto client = connect(address.substr(address.rfind(':') + 1));
        expect_served(client);
    }
    // "127.0.0.1:PORT"
    const std::string& address() const { return metrics_; }
    net::Endpoint endpoint() const { return loopback(metrics_.substr(metrics_.rfind(':') + 1)); }
    Process& process() { return process_; }

  private:
    Process process_;
    std::string metrics_;
};

// Runs a program with the metrics on its standard input.
Ran judge(const Words& program, const std::string& metrics) {
    Process judging(program);
    judging.write_input(metrics);
    return judging.wait();
}

TEST(Metrics, PromtoolAcceptsThem) {
    if (!std::filesystem::exists("/usr/bin/promtool"))
        GTEST_SKIP() << "no promtool here";
    const MeteredServer server;
    const std::string text = body_of(ask(server.endpoint(), wants_any));
    EXPECT_THAT(text, HasSubstr("\nechod_received_bytes_total 1\n"));
    const Ran ran = judge({"/usr/bin/promtool", "check", "metrics"}, text);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out + ran.err, "");
}

TEST(Metrics, TheReferenceParserOfOpenMetricsAcceptsThem) {
    if (Process({"/usr/bin/python3", "-c", "import prometheus_client"}).wait().status != 0)
        GTEST_SKIP() << "no python3-prometheus-client here";
    const MeteredServer server;
    const Ran ran = judge({"/usr/bin/python3", "-c",
                           "import sys\n"
                           "from prometheus_client.openmetrics import parser\n"
                           "text = sys.stdin.read()\n"
                           "for family in parser.text_string_to_metric_families(text):\n"
                           "    print(family.name, family.type, family.unit)\n"},
                          body_of(ask(server.endpoint(), wants_open_metrics)));
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("echod_received_bytes counter bytes\n"));
    EXPECT_THAT(ran.out, HasSubstr("echod_connection_duration_seconds histogram seconds\n"));
    EXPECT_THAT(ran.out, HasSubstr("echod_connections_open gauge \n"));
}

// A real Prometheus on a port of its own, with its files in a directory of the test.
class Prometheus {
  public:
    explicit Prometheus(const std::string& target)
        : config_(fmt::format("global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n"
                              "scrape_configs:\n"
                              "- job_name: echod\n"
                              "  static_configs: [{{targets: ['{}']}}]\n",
                              target)),
          data_(config_.path() + ".data"),
          process_({"/bin/sh", "-c",
                    "exec /usr/bin/prometheus --config.file='" + config_.path() +
                        "' --storage.tsdb.path='" + data_ +
                        "' --web.listen-address=127.0.0.1:0 2>&1"}) {
        std::string line;
        do
            line = process_.read_line();
        while (!line.empty() && line.find("msg=\"Listening on\"") == line.npos);
        port_ = line.substr(line.rfind(':') + 1);
    }
    ~Prometheus() {
        process_.send_signal(SIGKILL);
        process_.wait();
        std::filesystem::remove_all(data_);
    }
    Prometheus(const Prometheus&) = delete;
    Prometheus& operator=(const Prometheus&) = delete;

    // Repeats a query until the response contains `value`; returns the last response.
    std::string wait_for(const std::string& query, const std::string& value) {
        std::string answer;
        const auto deadline = net::deadline_in(patience);
        do
            answer = ask(loopback(port_), "GET /api/v1/query?query=" + query +
                                              " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        while (answer.find(value) == answer.npos && net::Clock::now() < deadline);
        return answer;
    }

  private:
    TemporaryFile config_;
    std::string data_;
    Process process_;
    std::string port_;
};

TEST(Metrics, APrometheusScrapesThem) {
    if (!std::filesystem::exists("/usr/bin/prometheus"))
        GTEST_SKIP() << "no prometheus here";
    const MeteredServer server;
    Prometheus prometheus(server.address());
    EXPECT_THAT(prometheus.wait_for("echod_received_bytes_total", ",\"1\"]"), HasSubstr(",\"1\"]"));
    EXPECT_THAT(prometheus.wait_for("echod_connection_duration_seconds_bucket", "\"le\":\"0.001\""),
                HasSubstr("\"engine\":\"poll\""));
    EXPECT_THAT(prometheus.wait_for("up", ",\"1\"]"), HasSubstr(",\"1\"]"));
}

TEST(Metrics, UdpechoShowsThoseOfItsServer) {
    Process server({"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1", "--metrics", "0"});
    server.read_line();
    const std::string line = server.read_line();
    const std::string address = line.substr(0, line.find(" ("));
    EXPECT_THAT(ask(loopback(address.substr(address.rfind(':') + 1)), wants_any),
                HasSubstr("\nudpecho_datagrams_received_total 0\n"));
}

TEST(Metrics, AnAddressThatIsNoneIsAMistake) {
    for (const char* where : {"", "x", "65536", "::1:9", "nohost.example:9", "1.2.3:9"}) {
        const Ran ran = run(tools::echod, {"--metrics", where});
        EXPECT_EQ(ran.status, tools::exit_usage) << where;
        EXPECT_THAT(ran.err, HasSubstr("--metrics"));
    }
}

}  // namespace
}  // namespace sockbox::test

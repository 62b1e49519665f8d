// Tests of lib/serve/status/status_endpoint.
#include "serve/status/status_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "tests/http_client.h"

namespace sockbox::serve {
namespace {

using test::ask;
using test::hear;
using test::say;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Endpoint {
  public:
    explicit Endpoint(std::string metrics = "classic\n", std::function<std::string()> page = {})
        : endpoint_(*StatusEndpoint::open(net::Endpoint::loopback(net::Family::ipv4),
                                          pages(std::move(metrics), std::move(page)))) {
        EXPECT_TRUE(endpoint_.start());
    }
    net::Endpoint where() const { return *endpoint_.socket().local(); }
    void fall_ill() { healthy_ = false; }

  private:
    StatusPages pages(std::string metrics, std::function<std::string()> page) {
        const auto format = [metrics = std::move(metrics)](bool open_metrics) -> StatusPages::
                                                                                  Text {
                                                                                      return open_metrics ? StatusPages::Text{"application/openmetrics-text", {"open\n"}}
                                : StatusPages::Text{"text/plain", {metrics}};
                                                                                  };
        return {format, [this] { return healthy_.load(); }, std::move(page)};
    }

    std::atomic<bool> healthy_{true};
    StatusEndpoint endpoint_;
};

TEST(StatusEndpoint, ShowsAPageIfThereIsOne) {
    const Endpoint endpoint("classic\n", [] { return std::string("<p>here"); });
    EXPECT_THAT(ask(endpoint.where(), "GET / HTTP/1.0\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                      HasSubstr("\r\nContent-Type: text/html; charset=utf-8\r\n"),
                      EndsWith("\r\n\r\n<p>here")));
    EXPECT_THAT(ask(endpoint.where(), "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n"),
                StartsWith("HTTP/1.1 405 "));
}

TEST(StatusEndpoint, ShowsMetricsInTheFormatThatIsAccepted) {
    const Endpoint endpoint;
    EXPECT_THAT(ask(endpoint.where(), "GET /metrics HTTP/1.0\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                      HasSubstr("\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"),
                      EndsWith("\r\n\r\nclassic\n")));
    EXPECT_THAT(
        ask(endpoint.where(),
            "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n"),
        AllOf(HasSubstr("\r\nContent-Type: application/openmetrics-text\r\n"),
              EndsWith("\r\n\r\nopen\n")));
    EXPECT_THAT(ask(endpoint.where(), "HEAD /metrics HTTP/1.0\r\n\r\n"),
                AllOf(HasSubstr("\r\nContent-Length: 8\r\n"), EndsWith("\r\n\r\n")));
}

TEST(StatusEndpoint, ReportsHealth) {
    Endpoint endpoint;
    const std::string request = "GET /healthz HTTP/1.0\r\n\r\n";
    EXPECT_THAT(ask(endpoint.where(), request), StartsWith("HTTP/1.1 200 "));
    endpoint.fall_ill();
    EXPECT_THAT(ask(endpoint.where(), request), StartsWith("HTTP/1.1 503 "));
}

TEST(StatusEndpoint, RefusesWhatItDoesNotHave) {
    const Endpoint endpoint;
    const auto status = [&](const std::string& request) {
        return ask(endpoint.where(), request).substr(9, 3);
    };
    EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), "404");
    EXPECT_EQ(status("GET /metrics/ HTTP/1.0\r\n\r\n"), "404");
    EXPECT_EQ(status("POST /metrics HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody"), "405");
    EXPECT_EQ(status("nonsense\r\n\r\n"), "400");
    EXPECT_EQ(status("GET /metrics HTTP/1.0\r\nA: " + std::string(9000, 'a') + "\r\n\r\n"), "431");
    EXPECT_EQ(status("GET /metrics HTTP/1.0\r\nA: " + std::string(100'000, 'a')), "431");
    EXPECT_EQ(status("GET /metrics HTTP/1.0\r\n\r\n"), "200");
}

TEST(StatusEndpoint, ARequestMayComeInPieces) {
    const Endpoint endpoint;
    auto socket = test::visit(endpoint.where());
    for (const char byte : std::string_view("GET /metrics HTTP/1.0\r\n\r\n"))
        say(socket, {&byte, 1});
    EXPECT_THAT(hear(socket), EndsWith("classic\n"));
}

TEST(StatusEndpoint, ALongPageComesWhole) {
    const std::string page(4 << 20, 'm');
    const Endpoint endpoint(page);
    EXPECT_EQ(test::body_of(ask(endpoint.where(), "GET /metrics HTTP/1.0\r\n\r\n")), page);
}

// Visitors that send nothing or do not read their response do not keep others out.
TEST(StatusEndpoint, SilentVisitorsGiveWayToNewOnes) {
    const Endpoint endpoint(std::string(8 << 20, 'm'));
    std::vector<net::Socket> silent;
    for (int i = 0; i < 40; ++i) {
        silent.push_back(test::visit(endpoint.where()));
        if (i % 2 == 0)
            say(silent.back(), "GET /metrics HTTP/1.0\r\n\r\n");
    }
    EXPECT_THAT(ask(endpoint.where(), "GET /healthz HTTP/1.0\r\n\r\n"),
                StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(hear(silent[1]), "");
}

TEST(StatusEndpoint, ASilentVisitorHasItsTime) {
    const Endpoint endpoint;
    auto silent = test::visit(endpoint.where());
    say(silent, "GET /metrics HTTP/1.0\r\n");
    const auto begin = net::Clock::now();
    EXPECT_EQ(hear(silent), "");
    EXPECT_GE(net::Clock::now() - begin, std::chrono::seconds(4));
}

TEST(StatusEndpoint, AnAddressInUseIsNamed) {
    const Endpoint endpoint;
    const auto second = StatusEndpoint::open(endpoint.where(), {});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message(), StartsWith("bind " + endpoint.where().to_string()));
}

}  // namespace
}  // namespace sockbox::serve

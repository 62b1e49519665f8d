// Tests of lib/serve/status/http_request and http_answer.
#include "serve/status/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sockbox::serve {
namespace {

TEST(HttpRequest, AHeadEndsWithAnEmptyLine) {
    EXPECT_EQ(head_length(""), std::nullopt);
    EXPECT_EQ(head_length("GET / HTTP/1.0\r\n"), std::nullopt);
    EXPECT_EQ(head_length("GET / HTTP/1.0\r\n\r"), std::nullopt);
    EXPECT_EQ(head_length("GET / HTTP/1.0\r\n\r\nbody"), 18U);
    EXPECT_EQ(head_length("GET / HTTP/1.0\n\nbody"), 16U);
}

TEST(HttpRequest, MethodPathAndWhatItAccepts) {
    const auto parsed = parse_http_request(
        "\r\nGET /metrics?debug=1 HTTP/1.1\r\nHost: a\r\nACCEPT: text/plain\r\nX-Y:\tz \r\n"
        "accept: */*\r\n\r\n");
    EXPECT_EQ(parsed.status, 200);
    EXPECT_EQ(parsed.request.method, "GET");
    EXPECT_EQ(parsed.request.path, "/metrics");
    EXPECT_EQ(parsed.request.accept, "text/plain,*/*");
    const auto absolute = parse_http_request("HEAD http://a:1/healthz HTTP/1.0\n\n");
    EXPECT_EQ(absolute.status, 200);
    EXPECT_EQ(absolute.request.path, "/healthz");
}

TEST(HttpRequest, WhatIsNoneIsRefused) {
    for (const char* head :
         {"", "\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / \r\n\r\n", "GET  / HTTP/1.0\r\n\r\n",
          "GET / HTTP/1.0 x\r\n\r\n", "G\x01T / HTTP/1.0\r\n\r\n", "GET /\x7f HTTP/1.0\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "GET / HTTP/1.0\r\nno colon\r\n\r\n", "GET / HTTP/1.0\r\nspace : a\r\n\r\n",
          "GET / HTTP/1.0\r\nA: b\r\n folded\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"})
        EXPECT_EQ(parse_http_request(head).status, 400) << head;
    EXPECT_EQ(parse_http_request("PRI * HTTP/2.0\r\n\r\n").status, 505);
}

TEST(HttpRequest, OpenMetricsIsForClientsThatPreferIt) {
    EXPECT_TRUE(prefers_open_metrics("application/openmetrics-text"));
    EXPECT_TRUE(prefers_open_metrics(
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    EXPECT_TRUE(prefers_open_metrics("Text/Plain;q=0.2, Application/OpenMetrics-Text ; q=0.3"));
    EXPECT_FALSE(prefers_open_metrics(""));
    EXPECT_FALSE(prefers_open_metrics("*/*"));
    EXPECT_FALSE(prefers_open_metrics("text/plain;version=0.0.4"));
    EXPECT_FALSE(prefers_open_metrics("application/openmetrics-text;q=0"));
    EXPECT_FALSE(prefers_open_metrics("application/openmetrics-text;q=nan"));
    EXPECT_FALSE(prefers_open_metrics("application/openmetrics-text;q=0.0."));
    EXPECT_FALSE(prefers_open_metrics("application/openmetrics-text;version=2.0.0"));
    EXPECT_FALSE(prefers_open_metrics("application/openmetrics-text;q=0.4,text/plain;q=0.5"));
}

TEST(HttpAnswer, HasAHeadForItsBody) {
    const auto when = std::chrono::system_clock::time_point(std::chrono::seconds(784111777));
    const HttpAnswer answer{200, "text/plain", {"hel", "lo"}};
    const std::string head =
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: 5\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(format_http_head(answer, when), head);
    EXPECT_TRUE(
        format_http_head(plain_answer(405), when).ends_with("\r\nAllow: GET, HEAD\r\n\r\n"));
    EXPECT_THAT(plain_answer(405).body, testing::ElementsAre("405 Method Not Allowed\n"));
}

}  // namespace
}  // namespace sockbox::serve

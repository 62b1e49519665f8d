// As much of HTTP/1 as a status endpoint needs: the head of a request, and a response.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockbox::serve {

struct HttpRequest {
    std::string method;
    std::string path;    // without the query
    std::string accept;  // its Accept fields, joined by commas
};

// The length of a request head in `text`, including the empty line that ends it; nullopt if it is
// incomplete (RFC 9112, section 2).
std::optional<std::size_t> head_length(std::string_view text) noexcept;

struct HttpParsed {
    int status = 200;  // 200, or the HTTP status that refuses the request
    HttpRequest request;
};

// Parses a complete head. Its content is untrusted; a body is ignored.
HttpParsed parse_http_request(std::string_view head);

// Whether this Accept field prefers OpenMetrics to the classic Prometheus text format (RFC 9110,
// section 12.5.1): it names OpenMetrics, and gives text/plain no higher weight.
bool prefers_open_metrics(std::string_view accept);

struct HttpAnswer {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::vector<std::string> body;  // in pieces
};

// A response whose body only repeats the status.
HttpAnswer plain_answer(int status);

// The head of the response, which the body follows unless it answers a HEAD request. `now` becomes
// the Date field.
std::string format_http_head(const HttpAnswer& answer, std::chrono::system_clock::time_point now);

}  // namespace sockbox::serve

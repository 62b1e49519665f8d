// As much of an HTTP/1 request as it takes to answer one: its method, its path, what it accepts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sockbox::serve {

struct HttpRequest {
    std::string method;
    std::string path;    // without a query
    std::string accept;  // its Accept fields, joined by commas
};

// The length of a request's head in `text`, with the empty line that ends it; none while that line
// has not come (RFC 9112, section 2).
std::optional<std::size_t> head_length(std::string_view text) noexcept;

struct HttpParsed {
    int status = 200;  // else why it is refused, as a status of HTTP
    HttpRequest request;
};

// Reads a whole head. Nothing in it is trusted; a body is not looked at.
HttpParsed parse_http_request(std::string_view head);

// Whether a client that accepts so prefers OpenMetrics to the classic text format of Prometheus
// (RFC 9110, section 12.5.1): it names it, and nothing that is as good with a higher weight.
bool prefers_open_metrics(std::string_view accept);

}  // namespace sockbox::serve

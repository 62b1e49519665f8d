// An HTTP/1.1 response, after which the connection is closed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace sockbox::serve {

struct HttpAnswer {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
};

// A response whose body only repeats the status.
HttpAnswer plain_answer(int status);

// The response as text, without a body if it answers a HEAD request. `now` becomes the Date field.
std::string format_http_answer(const HttpAnswer& answer, bool head_only,
                               std::chrono::system_clock::time_point now);

}  // namespace sockbox::serve

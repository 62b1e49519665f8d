// An answer of HTTP/1.1, after which the connection is closed.
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

// One that says in its body no more than its status.
HttpAnswer plain_answer(int status);

// Head and body; of a HEAD request's answer the head alone. `now` is for its Date field.
std::string format_http_answer(const HttpAnswer& answer, bool head_only,
                               std::chrono::system_clock::time_point now);

}  // namespace sockbox::serve

// Formats HTTP/1.1 responses.
#include "serve/status/http_answer.h"

#include <fmt/format.h>

#include <array>

namespace sockbox::serve {
namespace {

std::string_view phrase_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 431: return "Request Header Fields Too Large";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "";
    }
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7), independent of the locale.
std::string format_date(std::chrono::system_clock::time_point when) {
    using namespace std::chrono;
    constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(floor<seconds>(when - day));
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", weekdays[weekday(day).c_encoding()],
                       unsigned{date.day()}, months[unsigned{date.month()} - 1], int{date.year()},
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace

HttpAnswer plain_answer(int status) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = fmt::format("{} {}\n", status, phrase_of(status));
    return answer;
}

std::string format_http_answer(const HttpAnswer& answer, bool head_only,
                               std::chrono::system_clock::time_point now) {
    std::string text = fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n{}\r\n",
        answer.status, phrase_of(answer.status), format_date(now), answer.content_type,
        answer.body.size(), answer.status == 405 ? "Allow: GET, HEAD\r\n" : "");
    if (!head_only)
        text += answer.body;
    return text;
}

}  // namespace sockbox::serve

// Parses the head of a request and formats a response.
#include "serve/status/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text/text.h"

namespace sockbox::serve {
namespace {

constexpr int bad_request = 400;
constexpr int version_not_supported = 505;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    });
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

// Both "/metrics?x" and "http://host:1/metrics" have the path "/metrics".
std::string path_of(std::string_view target) {
    if (const std::size_t scheme = target.find("://"); scheme != target.npos) {
        target.remove_prefix(scheme + 3);
        const std::size_t slash = target.find('/');
        target = slash == target.npos ? "/" : target.substr(slash);
    }
    return std::string(target.substr(0, target.find_first_of("?#")));
}

int parse_request_line(std::string_view line, HttpRequest& request, bool& needs_host) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == line.npos || last == first || has_control(line))
        return bad_request;
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(line.substr(0, first)) || target.find(' ') != target.npos || target.empty() ||
        version.size() != 8 || !version.starts_with("HTTP/"))
        return bad_request;
    if (!version.starts_with("HTTP/1."))
        return version_not_supported;
    needs_host = version != "HTTP/1.0";
    request.method = line.substr(0, first);
    request.path = path_of(target);
    return 200;
}

// A weight in thousandths (RFC 9110, section 12.4.2); 0 if it is malformed. For a double,
// std::from_chars() needs libm, which would add 300 KiB to the memory of a server.
int thousandths(std::string_view digits) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (digits.empty() || !is_digit(digits[0]) || (digits.size() > 1 && digits[1] != '.'))
        return 0;
    int weight = 1000 * (digits[0] - '0');
    int unit = 100;
    for (const char digit : digits.substr(std::min<std::size_t>(2, digits.size()))) {
        if (!is_digit(digit))
            return 0;
        weight += unit * (digit - '0');
        unit /= 10;
    }
    return weight;
}

// The weight (q parameter) of a media range, in thousandths; 1000 by default.
int weight_of(std::string_view range) {
    const auto parts = net::split(range, ";");
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (parts[i].starts_with("q=") || parts[i].starts_with("Q="))
            return thousandths(parts[i].substr(2));
    return 1000;
}

// Accepts OpenMetrics 1.0.0, and OpenMetrics without a version.
bool is_our_open_metrics(std::string_view range) {
    const auto parts = net::split(range, ";");
    return net::equal_ignoring_case(parts[0], "application/openmetrics-text") &&
           std::all_of(parts.begin() + 1, parts.end(), [](std::string_view parameter) {
               return !parameter.starts_with("version=") || parameter == "version=1.0.0";
           });
}

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

std::optional<std::size_t> head_length(std::string_view text) noexcept {
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1)) {
        const std::string_view next = text.substr(end + 1);
        if (next.starts_with('\n'))
            return end + 2;
        if (next.starts_with("\r\n"))
            return end + 3;
    }
    return std::nullopt;
}

HttpParsed parse_http_request(std::string_view head) {
    HttpParsed parsed;
    bool needs_host = true;
    while (head.starts_with("\r\n") || head.starts_with('\n'))
        take_line(head);
    parsed.status = parse_request_line(take_line(head), parsed.request, needs_host);
    if (parsed.status != 200)
        return parsed;
    int hosts = 0;
    for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
        const std::size_t colon = line.find(':');
        if (colon == line.npos || !is_token(line.substr(0, colon)) || has_control(line)) {
            parsed.status = bad_request;
            return parsed;
        }
        const std::string_view name = line.substr(0, colon);
        if (net::equal_ignoring_case(name, "host"))
            ++hosts;
        std::string& accept = parsed.request.accept;
        if (net::equal_ignoring_case(name, "accept"))
            (accept += accept.empty() ? "" : ",") += net::trimmed(line.substr(colon + 1));
    }
    if (hosts > 1 || (hosts == 0 && needs_host))  // RFC 9112, section 3.2
        parsed.status = bad_request;
    return parsed;
}

bool prefers_open_metrics(std::string_view accept) {
    int open_metrics = 0;
    int classic = 0;
    for (const std::string_view range : net::split(accept, ",")) {
        if (is_our_open_metrics(range))
            open_metrics = std::max(open_metrics, weight_of(range));
        else if (net::equal_ignoring_case(net::split(range, ";")[0], "text/plain"))
            classic = std::max(classic, weight_of(range));
    }
    return open_metrics > 0 && open_metrics >= classic;
}

HttpAnswer plain_answer(int status) {
    HttpAnswer answer;
    answer.status = status;
    answer.body.push_back(fmt::format("{} {}\n", status, phrase_of(status)));
    return answer;
}

std::string format_http_head(const HttpAnswer& answer, std::chrono::system_clock::time_point now) {
    std::size_t length = 0;
    for (const std::string& piece : answer.body)
        length += piece.size();
    return fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n{}\r\n",
        answer.status, phrase_of(answer.status), format_date(now), answer.content_type, length,
        answer.status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

}  // namespace sockbox::serve

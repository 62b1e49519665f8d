// Fuzzes the HTTP request parser, with '|' as an additional line end.
#include "serve/status/http.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

namespace {

bool is_clean(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

void read_head(std::string_view text) {
    const auto length = serve::head_length(text);
    if (length) {
        require(*length <= text.size() && text[*length - 1] == '\n');
        require(serve::head_length(text.substr(0, *length)) == length);
        require(!serve::head_length(text.substr(0, *length - 1)));
    }
    const auto parsed = serve::parse_http_request(text.substr(0, length.value_or(text.size())));
    require(parsed.status == 200 || parsed.status == 400 || parsed.status == 505);
    if (parsed.status == 200) {
        require(!parsed.request.method.empty());
        require(parsed.request.path.find('?') == std::string::npos);
        require(is_clean(parsed.request.method + parsed.request.path + parsed.request.accept));
    }
    (void)serve::prefers_open_metrics(parsed.request.accept);
    (void)serve::prefers_open_metrics(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string text(fuzz::text_of(data, size));
    read_head(text);
    for (std::size_t at = text.find('|'); at != text.npos; at = text.find('|', at + 2))
        text.replace(at, 1, "\r\n");
    read_head(text);
    return 0;
}

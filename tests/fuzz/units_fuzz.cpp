// Fuzzes the parsers of numbers, durations and sizes, and the escaping of text.
#include "text/units.h"

#include <algorithm>

#include "tests/fuzz/text_of.h"
#include "text/text.h"

using namespace sockbox;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto duration = net::parse_duration(text)) {
        require(duration->count() >= 0);
        require(net::parse_duration(net::format_duration(*duration)) == *duration);
    }
    if (const auto bytes = net::parse_size(text))
        require(!net::format_bytes(*bytes).empty());
    if (const auto number = net::parse_integer(text, -1000, 1000))
        require(*number >= -1000 && *number <= 1000);
    if (const auto port = net::parse_port(text, 1))
        require(*port != 0 && std::to_string(*port) == text);
    if (const auto share = net::parse_percent(text))
        require(*share >= 0 && *share <= 1);
    const std::string safe = net::escape(text);
    require(std::none_of(safe.begin(), safe.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    require(net::escape(safe).size() >= safe.size());
    return 0;
}

// Finds the script of each letter by its Unicode block.
#include "net/host_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sockbox::net {
namespace {

struct Block {
    char32_t first;
    char32_t last;
    std::string_view script;
};

// The blocks that hold the letters of these scripts (Unicode 15, Blocks.txt).
constexpr auto blocks = std::to_array<Block>({{'A', 'Z', "Latin"},
                                              {'a', 'z', "Latin"},
                                              {0x00c0, 0x024f, "Latin"},
                                              {0x0250, 0x02af, "Latin"},
                                              {0x0370, 0x03ff, "Greek"},
                                              {0x0400, 0x052f, "Cyrillic"},
                                              {0x0531, 0x058f, "Armenian"},
                                              {0x13a0, 0x13ff, "Cherokee"},
                                              {0x1c80, 0x1c8f, "Cyrillic"},
                                              {0x1e00, 0x1eff, "Latin"},
                                              {0x1f00, 0x1fff, "Greek"},
                                              {0x2c60, 0x2c7f, "Latin"},
                                              {0x2de0, 0x2dff, "Cyrillic"},
                                              {0xa640, 0xa69f, "Cyrillic"},
                                              {0xa720, 0xa7ff, "Latin"},
                                              {0xab70, 0xabbf, "Cherokee"}});

// Takes the next code point off `text`; 0 if it is not valid UTF-8.
char32_t next_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (lead < 0x80)
        return lead;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    char32_t point = lead & (0x3fU >> more);
    for (int i = 0; i < more; ++i) {
        if (text.empty() || (text.front() & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (static_cast<unsigned char>(text.front()) & 0x3fU);
        text.remove_prefix(1);
    }
    return more == 0 ? 0 : point;
}

}  // namespace

std::vector<std::string_view> scripts_in(std::string_view name) {
    std::vector<std::string_view> scripts;
    while (!name.empty()) {
        const char32_t point = next_code_point(name);
        const auto block = std::ranges::find_if(
            blocks, [&](const Block& one) { return point >= one.first && point <= one.last; });
        if (block != blocks.end() && std::ranges::find(scripts, block->script) == scripts.end())
            scripts.push_back(block->script);
    }
    return scripts;
}

}  // namespace sockbox::net

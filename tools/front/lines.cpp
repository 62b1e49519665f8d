// Lines out of blocks.
#include "tools/front/lines.h"

#include <algorithm>
#include <span>

#include "system/platform.h"

namespace sockbox::tools {
namespace {

constexpr std::size_t block_bytes = 16384;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // how some editors mark UTF-8

}  // namespace

bool Lines::fill() {
    pending_.resize(block_bytes);
    at_ = 0;
    const auto got = net::platform::read_file(file_, std::as_writable_bytes(std::span(pending_)));
    if (got < 0)
        error_ = net::platform::last_file_error();
    pending_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return got > 0;
}

std::optional<std::string> Lines::next() {
    std::string line;
    bool any = false;
    while (at_ < pending_.size() || fill()) {
        any = true;
        const std::size_t end = std::min(pending_.find('\n', at_), pending_.size());
        line.append(pending_, at_, std::min(end - at_, longest - line.size()));
        at_ = end + 1;
        if (end < pending_.size())
            break;
    }
    if (!any)
        return std::nullopt;
    ++number_;
    if (line.ends_with('\r'))
        line.pop_back();
    if (number_ == 1 && line.starts_with(byte_order_mark))
        line.erase(0, byte_order_mark.size());
    return line;
}

}  // namespace sockbox::tools

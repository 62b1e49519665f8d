// Lines out of a file.
#include "net/input.h"

#include <algorithm>
#include <array>

namespace sockbox::net {

Status LineReader::gather() {
    while (pending_.find('\n') == pending_.npos && pending_.size() < longest_ && !ended_) {
        std::array<std::byte, 16384> buffer;
        const Transfer got = read_input(file_, buffer, stop_);
        if (got.failed())
            return fail({got.error, "read", "standard input", {}, {}});
        ended_ = got.end() || got.would_block();
        pending_.append(static_cast<const char*>(static_cast<const void*>(buffer.data())),
                        got.bytes);
    }
    return {};
}

Result<std::optional<std::string>> LineReader::next() {
    for (;;) {
        if (auto gathered = gather(); !gathered)
            return fail(gathered.error());
        if (pending_.empty())
            return std::nullopt;
        const std::size_t newline = pending_.find('\n');
        const bool whole = newline < longest_;
        std::string line = pending_.substr(0, whole ? newline + 1 : longest_);
        pending_.erase(0, line.size());
        const bool rest_of_cut = std::exchange(cut_, !whole && !(ended_ && pending_.empty()));
        if (!rest_of_cut)
            return line;
    }
}

}  // namespace sockbox::net

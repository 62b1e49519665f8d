// Splits a file into lines.
#include "net/input.h"

#include <algorithm>
#include <array>

namespace sockbox::net {

Status LineReader::gather() {
    while (pending_.find('\n', at_) == pending_.npos && pending_.size() - at_ < longest_ &&
           !ended_) {
        pending_.erase(0, std::exchange(at_, 0));
        std::array<std::byte, 16384> buffer;
        const bool stopped = stop_ != nullptr && stop_->raised();
        const Transfer got =
            stopped ? Transfer{Transfer::State::end, 0, {}} : read_input(file_, buffer, stop_);
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
        if (at_ == pending_.size())
            return std::nullopt;
        const std::size_t newline = pending_.find('\n', at_);
        const bool whole = newline != pending_.npos && newline - at_ < longest_;
        std::string line = pending_.substr(at_, whole ? newline + 1 - at_ : longest_);
        at_ += line.size();
        const bool rest_of_cut = std::exchange(cut_, !whole && !(ended_ && at_ == pending_.size()));
        if (rest_of_cut)
            continue;
        ++number_;
        return line;
    }
}

}  // namespace sockbox::net

// Decides which address to use and when to look up a name again.
#include "probe/address_choice.h"

#include <algorithm>

namespace sockbox::probe {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds first_pause = 1s;
constexpr std::chrono::nanoseconds longest_pause = 30s;
constexpr std::chrono::nanoseconds min_patience = 1s;
constexpr std::chrono::nanoseconds max_timeout = 24h;  // so that no sum overflows

}  // namespace

AddressChoice::AddressChoice(const AddressChoiceOptions& options,
                             std::optional<net::Endpoint> address, Time now)
    : options_(options), address_(address), looked_up_(now) {
    if (address) {
        found_ = {*address};
        tried_ = 1;
    }
}

std::chrono::nanoseconds AddressChoice::patience() const noexcept {
    return std::max(3 * std::min(options_.timeout, max_timeout), min_patience);
}

net::Deadline AddressChoice::next_lookup() const noexcept {
    if (is_asking_ || !options_.has_name)
        return net::no_deadline;
    if (!address_) {
        const auto pause = first_pause * (1U << std::min(failures_, 5U)) / 2;
        return failures_ == 0 ? looked_up_ : looked_up_ + std::min(pause, longest_pause);
    }
    if (options_.resolve_every.count() == 0)
        return net::no_deadline;
    const net::Deadline regular = net::deadline_after(looked_up_, options_.resolve_every);
    if (!outage_)
        return regular;
    return std::min(regular, std::max(*outage_, looked_up_) + patience());
}

void AddressChoice::take_failure(Time now) noexcept {
    is_asking_ = false;
    looked_up_ = now;
    failures_ = std::min(failures_ + 1, 31U);
}

const net::Endpoint& AddressChoice::after_current() const {
    const auto current = std::ranges::find(found_, *address_);
    const auto next = current == found_.end() ? found_.end() : std::next(current);
    return next == found_.end() ? found_.front() : *next;
}

bool AddressChoice::take_answer(std::span<const net::Endpoint> found, Time now) {
    is_asking_ = false;
    looked_up_ = now;
    failures_ = 0;
    found_.assign(found.begin(), found.end());
    tried_ = 1;
    const auto before = address_;
    const bool is_gone = !address_ || std::ranges::find(found_, *address_) == found_.end();
    const bool is_silent = outage_ && now - *outage_ >= patience() && !has_answered_;
    if (is_gone)
        address_ = found_.front();
    else if (is_silent)
        address_ = after_current();
    if (address_ == before)
        return false;
    has_answered_ = false;
    return true;
}

bool AddressChoice::try_next() {
    if (has_answered_ || !address_ || tried_ >= found_.size())
        return false;
    ++tried_;
    address_ = after_current();
    return true;
}

}  // namespace sockbox::probe

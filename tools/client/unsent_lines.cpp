// Counts messages by reason, and prints each reason at most once a second.
#include "tools/client/unsent_lines.h"

#include <fmt/format.h>

#include "report/counted.h"

namespace sockbox::tools {
namespace {

constexpr std::chrono::seconds between_lines{1};
constexpr std::size_t max_reasons = 1000;  // reasons may contain text from the network

}  // namespace

void UnsentLines::add(const std::string& peer, std::uint64_t sequence, const net::Error& error) {
    net::Error named = error;
    if (named.action != "connect")
        named.action += named.action == "receive" ? " from" : " to";
    named.subject = peer;
    const std::string reason = named.message();
    const std::lock_guard lock(mutex_);
    if (unsent_.size() >= max_reasons && !unsent_.contains(reason))
        return;
    Unsent& unsent = unsent_[reason];
    unsent.sequence = sequence;
    ++unsent.count;
}

std::string UnsentLines::take(std::string_view tool) {
    const auto now = net::Clock::now();
    std::string lines;
    const std::lock_guard lock(mutex_);
    for (auto& [reason, unsent] : unsent_) {
        if (unsent.count == 0 || now < unsent.due)
            continue;
        const std::string which = unsent.count == 1 ? fmt::format("message {}", unsent.sequence)
                                                    : report::counted(unsent.count, "message");
        lines += fmt::format("{}: {} not sent: {}\n", tool, which, reason);
        unsent.count = 0;
        unsent.due = now + between_lines;
    }
    return lines;
}

}  // namespace sockbox::tools

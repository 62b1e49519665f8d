// Bounds how many lines are collected, and how often one reason is printed.
#include "tools/client/notices.h"

#include <fmt/format.h>

#include <utility>

#include "report/counted.h"

namespace sockbox::tools {
namespace {

constexpr std::chrono::seconds between_lines{1};
constexpr std::size_t max_reasons = 1000;  // reasons may contain text from the network
constexpr std::size_t max_bytes = 65536;   // until the next take()

}  // namespace

void Notices::add_unsent(const std::string& peer, std::uint64_t sequence, const net::Error& error) {
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

void Notices::add(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (lines_.size() < max_bytes)
        lines_ += fmt::format("{}: {}\n", tool_, line);
}

std::string Notices::take() {
    const auto now = net::Clock::now();
    const std::lock_guard lock(mutex_);
    std::string lines = std::exchange(lines_, {});
    for (auto& [reason, unsent] : unsent_) {
        if (unsent.count == 0 || now < unsent.due)
            continue;
        const std::string which = unsent.count == 1 ? fmt::format("message {}", unsent.sequence)
                                                    : report::counted(unsent.count, "message");
        lines += fmt::format("{}: {} not sent: {}\n", tool_, which, reason);
        unsent.count = 0;
        unsent.due = now + between_lines;
    }
    return lines;
}

}  // namespace sockbox::tools

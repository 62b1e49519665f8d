// A thread for each lookup, and signals that wake whoever waits for its answer.
#include "probe/lookup/host_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "net/resolver.h"
#include "system/thread.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::probe {
namespace {

// Its addresses come from this host, and if it has none of a family, no name server knows better
// (RFC 6761, section 6.3).
bool is_localhost(std::string_view host) {
    if (host.ends_with('.'))
        host.remove_suffix(1);
    return net::equal_ignoring_case(host, "localhost");
}

}  // namespace

// Shared with the thread of the lookup, which may be abandoned.
struct HostLookup::Question {
    std::string host;
    std::uint16_t port;
    net::Family family;
    net::Transport transport;
    bool hints;                                 // as in net::resolve_endpoints()
    std::optional<net::StopSignal> answered{};  // raised after `answer` is set
    std::optional<net::Result<std::vector<net::Endpoint>>> answer{};

    void ask() {
        answer = net::resolve_endpoints(host, port, family, transport, hints);
        if (answered)
            answered->raise();
    }
    bool is_answered() const { return answered ? answered->raised() : answer.has_value(); }
};

HostLookup::HostLookup(const std::string& host, std::uint16_t port, net::Family family,
                       net::Transport transport, Families families) {
    const bool apart = families == Families::apart && family == net::Family::any &&
                       !net::Endpoint::parse(host) && !is_localhost(host);
    if (!apart)
        start(std::make_shared<Question>(Question{host, port, family, transport, true}));
    else
        for (const net::Family one : {net::Family::ipv6, net::Family::ipv4})
            start(std::make_shared<Question>(Question{host, port, one, transport, false}));
}

HostLookup::HostLookup(HostLookup&&) noexcept = default;
HostLookup::~HostLookup() = default;

void HostLookup::start(const std::shared_ptr<Question>& question) {
    questions_.push_back(question);
    auto signal = net::StopSignal::create();
    if (signal)
        question->answered.emplace(std::move(*signal));
    if (!signal || net::Endpoint::parse(question->host))
        return question->ask();
    if (!net::start_detached_thread([question] { question->ask(); }, net::SignalHandlers::blocked))
        question->ask();
}

std::vector<HostLookup::Answer> HostLookup::take() {
    std::vector<Answer> answers;
    std::erase_if(questions_, [&](const auto& question) {
        const bool answered = question->is_answered();
        if (answered)
            answers.push_back({question->family, std::move(*question->answer)});
        return answered;
    });
    return answers;
}

std::vector<net::Family> HostLookup::families_under_way() const {
    std::vector<net::Family> families;
    for (const auto& question : questions_)
        families.push_back(question->family);
    return families;
}

std::vector<net::NativeSocket> HostLookup::waitables() const {
    std::vector<net::NativeSocket> found;
    for (const auto& question : questions_)
        if (question->answered)
            found.push_back(question->answered->waitable());
    return found;
}

bool HostLookup::wait(net::Deadline deadline, const net::StopSignal* stop) const {
    const auto is_any_answered = [this] {
        return std::ranges::any_of(questions_,
                                   [](const auto& question) { return question->is_answered(); });
    };
    while (!is_any_answered()) {
        if (net::Clock::now() >= deadline || (stop != nullptr && stop->raised()))
            return false;
        std::vector<net::PollEntry> entries;
        for (const net::NativeSocket waitable : waitables())
            entries.push_back({waitable, POLLIN, 0});
        if (stop != nullptr)
            entries.push_back({stop->waitable(), POLLIN, 0});
        net::platform::poll(entries, net::poll_timeout(deadline));
    }
    return true;
}

net::Error error_of_answers(std::span<const HostLookup::Answer> answers) {
    const std::error_code temporary(EAI_AGAIN, net::resolver_category());
    const auto found = std::ranges::find_if(answers, [&](const HostLookup::Answer& answer) {
        return !answer.endpoints && answer.endpoints.error().code == temporary;
    });
    return (found == answers.end() ? answers.front() : *found).endpoints.error();
}

net::Error lookup_timed_out(const std::string& host, std::chrono::nanoseconds timeout) {
    return {std::error_code(EAI_AGAIN, net::resolver_category()), "resolve", net::escape(host),
            fmt::format("no answer within {}", net::format_duration(timeout)),
            "a name server may not be responding; --connect-timeout waits longer"};
}

net::Error lookup_interrupted(const std::string& host) {
    return {net::platform::error_of(std::errc::operation_canceled),
            "resolve",
            net::escape(host),
            {},
            {}};
}

net::Result<std::vector<net::Endpoint>> look_up_host(const std::string& host, std::uint16_t port,
                                                     net::Family family, net::Transport transport,
                                                     std::chrono::nanoseconds timeout,
                                                     const net::StopSignal* stop) {
    HostLookup lookup(host, port, family, transport, HostLookup::Families::together);
    if (!lookup.wait(net::deadline_in(timeout), stop))
        return net::fail(stop != nullptr && stop->raised() ? lookup_interrupted(host)
                                                           : lookup_timed_out(host, timeout));
    return std::move(lookup.take().front().endpoints);
}

}  // namespace sockbox::probe

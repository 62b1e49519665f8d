// Parses fault specifications and draws pseudo-random numbers.
#include "serve/faults/faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::serve {
namespace {

using net::Status;
using std::chrono::nanoseconds;

constexpr std::uint64_t max_bytes = std::uint64_t{1} << 50;
constexpr nanoseconds longest = std::chrono::hours(1);

Status take_time(std::string_view text, nanoseconds& target) {
    const auto time = net::parse_duration(text);
    if (!time)
        return net::fail(time.error());
    if (*time > longest)
        return net::fail_text(fmt::format("'{}' is more than an hour", net::escape(text)));
    target = *time;
    return {};
}

Status take_delay(std::string_view text, Faults& faults) {
    const std::size_t tilde = text.find('~');
    if (auto taken = take_time(text.substr(0, tilde), faults.delay); !taken)
        return taken;
    return tilde == text.npos ? Status() : take_time(text.substr(tilde + 1), faults.jitter);
}

template <double Faults::*share>
Status take_share(std::string_view text, Faults& faults) {
    const auto parsed = net::parse_percent(text);
    if (!parsed)
        return net::fail(parsed.error());
    faults.*share = *parsed;
    return {};
}

net::Result<std::uint64_t> parse_bytes(std::string_view text) {
    auto bytes = net::parse_size(text);
    if (bytes && (*bytes == 0 || *bytes > max_bytes))
        return net::fail_text(
            fmt::format("'{}' is not between 1 and 1024T bytes", net::escape(text)));
    return bytes;
}

template <std::optional<std::uint64_t> Faults::*bound>
Status take_bound(std::string_view text, Faults& faults) {
    const auto bytes = parse_bytes(text);
    if (!bytes)
        return net::fail(bytes.error());
    faults.*bound = *bytes;
    return {};
}

Status take_stall(std::string_view text, Faults& faults) {
    const std::size_t slash = text.find('/');
    if (slash == text.npos)
        return net::fail_text(fmt::format(
            "'{}' has no period: expected a value such as stall=500ms/10s", net::escape(text)));
    if (auto taken = take_time(text.substr(0, slash), faults.stall); !taken)
        return taken;
    if (auto taken = take_time(text.substr(slash + 1), faults.stall_every); !taken)
        return taken;
    if (faults.stall >= faults.stall_every)
        return net::fail_text(fmt::format("'{}' would never end", net::escape(text)));
    return {};
}

Status take_throttle(std::string_view text, Faults& faults) {
    const auto bytes = parse_bytes(text);
    if (!bytes)
        return net::fail(bytes.error());
    faults.throttle = *bytes;
    return {};
}

struct Kind {
    std::string_view name;
    bool streams;
    bool datagrams;
    Status (*take)(std::string_view text, Faults& faults);
    net::Candidates (*units)(std::string_view typed);  // of its number
    std::string_view example;
};

net::Candidates percent(std::string_view typed) {
    const std::string_view number = typed.substr(0, typed.find_first_not_of("0123456789."));
    return number.empty() ? net::Candidates() : net::Candidates{{fmt::format("{}%", number)}};
}

constexpr std::array kinds{
    Kind{"delay", true, true, take_delay, net::duration_candidates, "20ms or 20ms~5ms"},
    Kind{"drop", false, true, take_share<&Faults::drop>, percent, "1%"},
    Kind{"duplicate", false, true, take_share<&Faults::duplicate>, percent, "1%"},
    Kind{"reorder", false, true, take_share<&Faults::reorder>, percent, "1%"},
    Kind{"corrupt", true, true, take_share<&Faults::corrupt>, percent, "0.1%"},
    Kind{"truncate", false, true, take_share<&Faults::truncate>, percent, "1%"},
    Kind{"close-after", true, false, take_bound<&Faults::close_after>, net::size_candidates, "1M"},
    Kind{"reset-after", true, false, take_bound<&Faults::reset_after>, net::size_candidates, "1M"},
    Kind{"stall", true, true, take_stall, net::duration_candidates, "500ms/10s"},
    Kind{"throttle", true, true, take_throttle, net::size_candidates, "1M (bytes per second)"},
};

std::string names() {
    std::string all;
    for (const Kind& kind : kinds)
        all += fmt::format("{}{}", all.empty() ? "" : ", ", kind.name);
    return all;
}

// Adds the name of the fault whose value was wrong.
Status named(std::string_view name, net::Error error) {
    error.action = name;
    return net::fail(std::move(error));
}

}  // namespace

net::Status Faults::add(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [name](const Kind& each) { return each.name == name; });
    if (kind == kinds.end() || equals == text.npos)
        return net::fail_text(fmt::format("'{}' is not a fault: expected NAME=VALUE with one of {}",
                                          net::escape(text), names()));
    for (const Spec& spec : specs)
        if (spec.text.starts_with(std::string(name) + '='))
            return net::fail_text(fmt::format("'{}' is given twice", name));
    if (auto taken = kind->take(text.substr(equals + 1), *this); !taken)
        return named(name, taken.error());
    specs.push_back({std::string(text), kind->streams, kind->datagrams});
    return {};
}

net::Candidates Faults::candidates(std::string_view typed) {
    net::Candidates all;
    for (const Kind& kind : kinds) {
        const std::string before = fmt::format("{}=", kind.name);
        if (!typed.starts_with(before)) {
            all.push_back({before, fmt::format("such as {}", kind.example)});
            continue;
        }
        all = kind.units(typed.substr(before.size()));
        for (net::Candidate& candidate : all)
            candidate.text.insert(0, before);
        return all;
    }
    return all;
}

bool Faults::concern(net::Transport transport) const noexcept {
    return std::any_of(specs.begin(), specs.end(), [transport](const Spec& spec) {
        return transport == net::Transport::tcp ? spec.streams : spec.datagrams;
    });
}

std::string Faults::to_text(net::Transport transport) const {
    std::vector<std::string_view> texts;
    for (const Spec& spec : specs)
        if (transport == net::Transport::tcp ? spec.streams : spec.datagrams)
            texts.push_back(spec.text);
    return fmt::format("{}", fmt::join(texts, ", "));
}

net::Deadline Faults::after_stall(net::Deadline when) const noexcept {
    if (stall_every.count() == 0 || when < began)
        return when;
    const nanoseconds into = (when - began) % stall_every;
    return into < stall_every - stall ? when : when + (stall_every - into);
}

FaultDice::FaultDice(std::uint64_t seed, std::uint64_t stream) noexcept
    : numbers_(stats::mix(stats::mix(seed + 1) ^ stream)) {}

std::uint64_t FaultDice::number() noexcept {
    return numbers_.next();
}

double FaultDice::share() noexcept {
    return static_cast<double>(number() >> 11) * 0x1p-53;
}

std::chrono::nanoseconds FaultDice::around(nanoseconds delay, nanoseconds jitter) noexcept {
    const double most = std::chrono::duration<double>(jitter).count();
    return std::max(nanoseconds(0), delay + to_duration((2 * share() - 1) * most));
}

std::byte FaultDice::other_than(std::byte byte) noexcept {
    return byte ^ static_cast<std::byte>(number() % 255 + 1);
}

}  // namespace sockbox::serve

// Parses assertions and evaluates them against a measurement.
#include "probe/assertion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "text/text.h"
#include "text/units.h"

namespace sockbox::probe {

using stats::Measurement;
using Time = std::optional<std::chrono::nanoseconds>;

namespace {

std::optional<double> number(const Time& time) {
    return time ? std::optional(static_cast<double>(time->count())) : std::nullopt;
}

template <Time stats::Summary::*time>
std::optional<double> rtt(const Measurement& measurement) {
    return number(measurement.rtt.summary().*time);
}

// Before the first message a count is undefined, not 0.
template <std::uint64_t Measurement::*count>
std::optional<double> counted(const Measurement& measurement) {
    if (measurement.sent + measurement.unsent == 0)
        return std::nullopt;
    return static_cast<double>(measurement.*count);
}

std::optional<double> jitter(const Measurement& measurement) {
    return number(measurement.jitter.value());
}

// Without a reply or a loss the loss rate is undefined, not 0.
std::optional<double> loss(const Measurement& measurement) {
    if (measurement.received + measurement.lost == 0)
        return std::nullopt;
    return measurement.loss() * 100;
}

template <std::uint64_t Measurement::*count>
std::optional<double> counted_if_distinguishable(const Measurement& measurement) {
    return measurement.distinguishable ? counted<count>(measurement) : std::nullopt;
}

std::optional<double> rate(const Measurement& measurement) {
    if (measurement.duration.count() == 0)
        return std::nullopt;
    return measurement.rate_per_s();
}

}  // namespace

struct Assertion::Name {
    std::string_view name;
    stats::Unit unit;
    std::optional<double> (*value)(const Measurement&);
};

std::span<const Assertion::Name> Assertion::all() {
    using stats::Summary;
    using stats::Unit;
    static constexpr std::array names{
        Name{"min", Unit::nanoseconds, rtt<&Summary::min>},
        Name{"mean", Unit::nanoseconds, rtt<&Summary::mean>},
        Name{"median", Unit::nanoseconds, rtt<&Summary::median>},
        Name{"p50", Unit::nanoseconds, rtt<&Summary::p50>},
        Name{"p90", Unit::nanoseconds, rtt<&Summary::p90>},
        Name{"p99", Unit::nanoseconds, rtt<&Summary::p99>},
        Name{"p999", Unit::nanoseconds, rtt<&Summary::p999>},
        Name{"max", Unit::nanoseconds, rtt<&Summary::max>},
        Name{"jitter", Unit::nanoseconds, jitter},
        Name{"loss", Unit::percent, loss},
        Name{"rate", Unit::per_second, rate},
        Name{"duplicated", Unit::count, counted_if_distinguishable<&Measurement::duplicated>},
        Name{"reordered", Unit::count, counted_if_distinguishable<&Measurement::reordered>},
        Name{"corrupted", Unit::count, counted<&Measurement::mismatched>},
        Name{"mismatched", Unit::count, counted<&Measurement::mismatched>},
        Name{"unsent", Unit::count, counted<&Measurement::unsent>},
    };
    return names;
}

const Assertion::Name* Assertion::find(std::string_view name) {
    const auto found = std::ranges::find(all(), name, &Name::name);
    return found == all().end() ? nullptr : &*found;
}

std::vector<std::string> Assertion::names() {
    std::vector<std::string> names;
    for (const Name& row : all())
        names.emplace_back(row.name);
    return names;
}

net::Result<Assertion> Assertion::parse(std::string_view text) {
    Assertion assertion;
    const std::size_t sign = text.find_first_of("<>");
    if (sign == text.npos)
        return net::fail_text(
            fmt::format("'{}' is not an assertion such as p99<2ms", net::escape(text)));
    assertion.name_ = find(net::trimmed(text.substr(0, sign)));
    if (assertion.name_ == nullptr)
        return net::fail_text(
            fmt::format("'{}' asserts nothing known: expected min, mean, median, p50, "
                        "p90, p99, p999, max, jitter, loss, rate, duplicated, "
                        "reordered, corrupted, mismatched or unsent",
                        net::escape(text)));
    assertion.less_ = text[sign] == '<';
    assertion.or_equal_ = text.substr(sign + 1).starts_with('=');
    const std::size_t end_of_sign = sign + (assertion.or_equal_ ? 2 : 1);
    const std::string_view value = net::trimmed(text.substr(end_of_sign));
    assertion.expression_ =
        fmt::format("{}{}{}", assertion.name_->name, text.substr(sign, end_of_sign - sign), value);
    net::Result<double> bound = net::fail_text({});
    if (assertion.name_->unit == stats::Unit::nanoseconds)
        bound = net::parse_duration(value).map(
            [](auto time) { return static_cast<double>(time.count()); });
    else if (assertion.name_->unit == stats::Unit::percent)
        bound = net::parse_percent(value).map([](double share) { return share * 100; });
    else
        bound = net::parse_integer(value, 0, 1'000'000'000'000).map([](auto count) {
            return static_cast<double>(count);
        });
    if (!bound)
        return net::fail_text(fmt::format("'{}': {}", net::escape(text), bound.error().message()));
    assertion.bound_ = *bound;
    return assertion;
}

bool Assertion::is_about(std::string_view name) const {
    return name_->name == name;
}

Assertion::Verdict Assertion::judge(const Measurement& measurement, bool unsent_apart) const {
    Verdict verdict{expression_, name_->value(measurement), name_->unit, "none", false};
    const bool adds_unsent = is_about("loss") && !unsent_apart && measurement.unsent > 0;
    if (adds_unsent) {
        const std::uint64_t missing = measurement.lost + measurement.unsent;
        verdict.value = 100 * static_cast<double>(missing) /
                        static_cast<double>(measurement.received + missing);
    }
    if (!verdict.value)
        return verdict;
    const double value = *verdict.value;
    verdict.ok = (less_ ? value < bound_ : value > bound_) || (or_equal_ && value == bound_);
    if (name_->unit == stats::Unit::nanoseconds)
        verdict.shown = net::format_approximately(std::chrono::nanoseconds(std::llround(value)));
    else if (name_->unit == stats::Unit::percent)
        verdict.shown = fmt::format("{:.3g}%", value) +
                        (adds_unsent ? fmt::format(", with {} not sent", measurement.unsent) : "");
    else
        verdict.shown = fmt::format("{:.6g}", value);
    return verdict;
}

}  // namespace sockbox::probe

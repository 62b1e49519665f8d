// The search for the idle timeout, from the silences that were survived and those that were not.
#include "probe/path/idle_search.h"

#include <algorithm>
#include <numeric>

namespace sockbox::probe {
namespace {

using namespace std::chrono_literals;
using Duration = IdleSearch::Duration;

// After so many accidents, what ends a connection now and then is the answer.
constexpr unsigned max_refuted = 2;

// Bounds the search if connections fail again and again before they are silent.
constexpr unsigned max_rounds = 64;

// Silences from `from` (not included) to `to`, each longer than the one before by this ratio, or by
// accuracy() if that is more.
std::vector<Duration> grow(Duration from, Duration to, double ratio) {
    std::vector<Duration> silences;
    for (Duration next = from; next < to;) {
        const Duration scaled(static_cast<Duration::rep>(
            std::min(static_cast<double>(next.count()) * ratio, static_cast<double>(to.count()))));
        next = std::min(std::max(scaled, next + IdleSearch::accuracy(next)), to);
        silences.push_back(next);
    }
    return silences;
}

// At most `count` silences from `from` to `to`, with the smallest ratio that is enough.
std::vector<Duration> spread(Duration from, Duration to, std::size_t count) {
    if (count == 1)
        return {to};
    double narrow = 1;
    double wide = 1 + static_cast<double>(to.count());
    if (auto silences = grow(from, to, narrow); silences.size() <= count)
        return silences;
    for (int halving = 0; halving < 128; ++halving) {
        const double middle = std::midpoint(narrow, wide);
        (grow(from, to, middle).size() <= count ? wide : narrow) = middle;
    }
    return grow(from, to, wide);
}

// Evenly spaced silences up to `upper`, twice as close as the accuracy that is wanted.
std::vector<Duration> divide(Duration lower, Duration upper, std::size_t count) {
    const Duration width = upper - lower;
    const Duration wanted = IdleSearch::accuracy(upper);
    if (count == 1)
        return {width > wanted ? lower + width / 2 : upper};
    const auto steps = std::clamp<Duration::rep>((2 * width + wanted - 1ns) / wanted, 1,
                                                 static_cast<Duration::rep>(count));
    std::vector<Duration> silences;
    for (Duration::rep i = 1; i <= steps; ++i)
        silences.push_back(upper - width / steps * (steps - i));
    return silences;
}

}  // namespace

Duration IdleSearch::accuracy(Duration silence) {
    return std::max<Duration>(silence / 50, 250ms);
}

std::vector<Duration> IdleSearch::plan(std::size_t connections) const {
    if (is_over())
        return {};
    return upper_ ? divide(lower(), upper_->length, connections)
                  : spread(lower(), max_, connections);
}

void IdleSearch::survived(Duration silence) {
    silences_.push_back({silence, round_, std::nullopt});
}

void IdleSearch::ended(Duration silence, IdleEnd by, bool watched) {
    silences_.push_back({silence, round_, by, watched});
    if (!upper_ || silence < upper_->length)
        upper_ = silences_.back();
}

bool IdleSearch::matters(Duration planned, Duration so_far) const {
    if (!upper_ || upper_->round != round_)
        return true;
    const auto until = watch_until();
    return planned < upper_->length || (until && so_far <= *until);
}

std::optional<Duration> IdleSearch::watch_until() const {
    if (!upper_ || upper_->round != round_ || !upper_->watched || is_seen_twice())
        return std::nullopt;
    return upper_->length + accuracy(upper_->length);
}

void IdleSearch::end_round() {
    if (!upper_)
        return;
    const auto outlived = [&](const Silence& silence) {
        return silence.round == round_ && !silence.ended_by && silence.length >= upper_->length;
    };
    const auto ended = [&](const Silence& silence) {
        return silence.round == round_ && silence.ended_by;
    };
    if (refuted_ == max_refuted || std::ranges::any_of(silences_, ended) ||
        std::ranges::none_of(silences_, outlived))
        return;
    ++refuted_;
    for (Silence& silence : silences_)
        silence.refuted = silence.refuted || silence.ended_by;
    upper_.reset();
}

// The longest silence that was survived below the shortest that was not.
Duration IdleSearch::lower() const {
    Duration longest{0};
    for (const Silence& silence : silences_)
        if (!silence.ended_by && (!upper_ || silence.length < upper_->length))
            longest = std::max(longest, silence.length);
    return longest;
}

bool IdleSearch::is_seen_twice() const {
    return upper_ && upper_->watched &&
           std::ranges::count_if(silences_, [&](const Silence& other) {
               return other.watched && !other.refuted &&
                      other.length <= upper_->length + accuracy(upper_->length);
           }) >= 2;
}

bool IdleSearch::is_confirmed() const {
    if (is_seen_twice())
        return true;
    const auto confirms = [&](const Silence& other) {
        return other.ended_by && !other.refuted && other.round != upper_->round;
    };
    const bool accepted = refuted_ == max_refuted && upper_->round < round_;
    return accepted || std::ranges::any_of(silences_, confirms);
}

bool IdleSearch::is_over() const {
    if (round_ >= max_rounds)
        return true;
    if (!upper_)
        return lower() >= max_;
    return is_confirmed() &&
           (is_seen_twice() || upper_->length - lower() <= accuracy(upper_->length));
}

IdleTimeout IdleSearch::found() const {
    IdleTimeout found;
    const Duration survived = lower();
    if (survived > 0ns)
        found.survived = survived;
    if (!upper_)
        return found;
    found.ended_by = upper_->ended_by;
    found.ended = upper_->length;
    found.timeout = upper_->watched ? upper_->length : survived + (upper_->length - survived) / 2;
    for (const Silence& silence : silences_)
        if (!silence.ended_by &&
            silence.length > std::max(upper_->length, found.outlived.value_or(0ns)))
            found.outlived = silence.length;
    return found;
}

}  // namespace sockbox::probe

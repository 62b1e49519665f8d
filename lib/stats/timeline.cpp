// Equal time spans that are merged in pairs when a run outgrows them.
#include "stats/timeline.h"

#include <algorithm>

namespace sockbox::stats {
namespace {

void add(Timeline::Span& to, const Timeline::Span& from) {
    to.count += from.count;
    to.lost += from.lost;
    to.late += from.late;
    to.sum_ns += from.sum_ns;
    to.longest = std::max(to.longest, from.longest);
}

}  // namespace

void Timeline::record(std::chrono::nanoseconds at, std::chrono::nanoseconds duration) {
    if (Span* span = span_at(at))
        add(*span, {1, 0, 0, static_cast<double>(duration.count()), duration});
}

void Timeline::record_lost(std::chrono::nanoseconds at) {
    if (Span* span = span_at(at))
        ++span->lost;
}

void Timeline::record_late(std::chrono::nanoseconds at) {
    if (Span* span = span_at(at))
        ++span->late;
}

void Timeline::merge(const Timeline& other) {
    Timeline folded = other;
    while (width_ < folded.width_)
        fold();
    while (folded.width_ < width_)
        folded.fold();
    while (folded.spans_.size() > most_) {
        fold();
        folded.fold();
    }
    spans_.resize(std::max(spans_.size(), folded.spans_.size()));
    for (std::size_t i = 0; i < folded.spans_.size(); ++i)
        add(spans_[i], folded.spans_[i]);
}

Timeline::Span* Timeline::span_at(std::chrono::nanoseconds at) {
    if (at.count() < 0)
        return nullptr;
    while (at / width_ >= static_cast<std::int64_t>(most_))
        fold();
    const auto index = static_cast<std::size_t>(at / width_);
    if (index >= spans_.size()) {
        spans_.reserve(std::min(most_, std::max(index + 1, 2 * spans_.size())));
        spans_.resize(index + 1);
    }
    return &spans_[index];
}

void Timeline::fold() {
    width_ *= 2;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
        const Span span = spans_[i];
        if (i % 2 == 0)
            spans_[i / 2] = span;
        else
            add(spans_[i / 2], span);
    }
    spans_.resize((spans_.size() + 1) / 2);
}

}  // namespace sockbox::stats

// A run over time, in a bounded number of equal spans.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/detail.h"

namespace sockbox::stats {

// Starts with spans of 1 ms. When a run outgrows max_spans of them (with Detail::compact,
// max_spans_compact), neighbouring spans are merged in pairs and the width doubles, so memory stays
// bounded however long the run is. Not synchronized; merge() combines the timelines of several
// threads.
class Timeline {
  public:
    // What happened in one span of time.
    struct Span {
        std::uint64_t count = 0;              // of replies
        std::uint64_t lost = 0;               // messages
        std::uint64_t late = 0;               // arrived after the timeout
        double sum_ns = 0;                    // of the durations
        std::chrono::nanoseconds longest{0};  // of the durations
    };
    // How many spans there are at most, with Detail::full and with Detail::compact.
    static constexpr std::size_t max_spans = 256;
    static constexpr std::size_t max_spans_compact = 48;

    // An empty timeline.
    explicit Timeline(Detail detail = Detail::full) noexcept
        : most_(detail == Detail::full ? max_spans : max_spans_compact) {}

    // `at` is the time since the start of the run; negative times (the warm-up) are ignored.
    void record(std::chrono::nanoseconds at, std::chrono::nanoseconds duration);
    void record_lost(std::chrono::nanoseconds at);
    void record_late(std::chrono::nanoseconds at);
    void merge(const Timeline& other);

    // How long each span is.
    std::chrono::nanoseconds width() const noexcept { return width_; }
    // From the start of the run to the last span with an entry.
    std::span<const Span> spans() const noexcept { return spans_; }

  private:
    Span* span_at(std::chrono::nanoseconds at);
    void fold();

    std::size_t most_;
    std::chrono::nanoseconds width_ = std::chrono::milliseconds(1);
    std::vector<Span> spans_;
};

}  // namespace sockbox::stats

// How a run went over time, in a bounded number of equal spans.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sockbox::stats {

// Spans of 1 ms at first; whenever a run outgrows them, neighbours are folded together, so that
// there are at most 256 of them, however long it takes. Not synchronized; merge() brings threads
// together.
class Timeline {
  public:
    struct Span {
        std::uint64_t count = 0;
        std::uint64_t lost = 0;
        std::uint64_t late = 0;  // came after they were given up
        double sum_ns = 0;
        std::chrono::nanoseconds longest{0};
    };
    static constexpr std::size_t most_spans = 256;

    // `at` counts from the begin of the run; what lies before it is left out.
    void record(std::chrono::nanoseconds at, std::chrono::nanoseconds duration);
    void record_lost(std::chrono::nanoseconds at);
    void record_late(std::chrono::nanoseconds at);
    void merge(const Timeline& other);

    std::chrono::nanoseconds width() const noexcept { return width_; }
    // From the begin to the last span with anything in it.
    std::span<const Span> spans() const noexcept { return spans_; }

  private:
    Span* span_at(std::chrono::nanoseconds at);
    void fold();

    std::chrono::nanoseconds width_ = std::chrono::milliseconds(1);
    std::vector<Span> spans_;
};

}  // namespace sockbox::stats

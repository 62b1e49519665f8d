// What the load clients share: the bytes they send, the times they count, and the run itself.
#pragma once

#include <sys/resource.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "bare.h"

namespace bare {

using Clock = std::chrono::steady_clock;

// The stream that a client sends repeats random bytes, so that a lost, doubled, moved or foreign
// byte shows. The period is a prime number of cache lines: messages of any size shift against it,
// and still begin at a cache line.
class Pattern {
  public:
    static constexpr std::size_t line = 64;
    static constexpr std::size_t period = line * 1031;
    static constexpr std::size_t longest = 256 * 1024;

    Pattern() {
        std::uint64_t state = 0x9e3779b97f4a7c15;
        for (std::size_t i = 0; i < period; ++i) {
            state = state * 6364136223846793005 + 1442695040888963407;
            bytes_[i] = static_cast<char>(state >> 56);
        }
        for (std::size_t i = period; i < period + longest; ++i)
            bytes_[i] = bytes_[i - period];
    }

    // The bytes of the stream from a place in it: at least `longest`.
    const char* from(std::uint64_t place) const { return &bytes_[place % period]; }

  private:
    Memory bytes_ = pages(period + longest);
};

// Counts durations in steps of at most 1.6 %.
class Histogram {
  public:
    void record(Clock::duration time) {
        const auto value = static_cast<std::uint64_t>(time.count());
        ++counts_[step_of(value)];
        ++count_;
    }

    void add(const Histogram& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            counts_[i] += other.counts_[i];
        count_ += other.count_;
    }

    std::uint64_t count() const { return count_; }

    double microseconds(double quantile) const {
        const double wanted = quantile * static_cast<double>(count_);
        std::uint64_t seen = 0;
        for (std::size_t step = 0; step < counts_.size(); ++step)
            if (seen += counts_[step]; seen > 0 && static_cast<double>(seen) >= wanted)
                return lowest_of(step) / 1000;
        return 0;
    }

  private:
    static constexpr std::size_t steps = 64;  // for each doubling

    static std::size_t step_of(std::uint64_t value) {
        if (value < steps)
            return value;
        const auto shift = static_cast<std::size_t>(std::bit_width(value / steps)) - 1;
        return shift * steps + (value >> shift);
    }

    static double lowest_of(std::size_t step) {
        if (step < 2 * steps)
            return static_cast<double>(step);
        const std::size_t shift = step / steps - 1;
        return static_cast<double>((step - shift * steps) << shift);
    }

    std::array<std::uint64_t, 60 * steps> counts_{};
    std::uint64_t count_ = 0;
};

// Only what comes back between `begin` and `end` is counted.
struct Window {
    Clock::time_point begin;
    Clock::time_point end;

    bool includes(Clock::time_point time) const { return begin <= time && time < end; }
};

inline Window window(double warmup, double seconds) {
    const auto after = [](Clock::time_point time, double delay) {
        return time +
               std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(delay));
    };
    const auto begin = after(Clock::now(), warmup);
    return {begin, after(begin, seconds)};
}

inline double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Waits for the window and prints "begin" and "end", so that another program can read the server's
// counters; returns the processor time used between. Then waits for the end of standard input: the
// connections stay open until the counters have been read.
inline double mark(const Window& window) {
    std::this_thread::sleep_until(window.begin);
    const double before = processor_seconds();
    std::puts("begin");
    std::fflush(stdout);
    std::this_thread::sleep_until(window.end);
    const double used = processor_seconds() - before;
    std::puts("end");
    std::fflush(stdout);
    while (std::fgetc(stdin) != EOF)
        continue;
    return used;
}

[[noreturn]] inline void refuse(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(4);
}

}  // namespace bare

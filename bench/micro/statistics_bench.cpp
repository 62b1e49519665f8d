// Measures Histogram: recording a reply, and a quantile at the end of a run.
#include <benchmark/benchmark.h>

#include <random>

#include "stats/histogram.h"

namespace sockbox::stats {
namespace {

std::vector<std::int64_t> round_trips() {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> spread(11, 0.7);  // around 60 µs
    std::vector<std::int64_t> values(4096);
    for (auto& value : values)
        value = static_cast<std::int64_t>(spread(random));
    return values;
}

void record(benchmark::State& state) {
    const auto values = round_trips();
    Histogram histogram;
    std::size_t at = 0;
    for (auto _ : state)
        histogram.record(std::chrono::nanoseconds(values[at++ % values.size()]));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record);

void quantile(benchmark::State& state) {
    Histogram histogram;
    for (const auto value : round_trips())
        histogram.record(std::chrono::nanoseconds(value));
    for (auto _ : state)
        benchmark::DoNotOptimize(histogram.quantile(0.999));
}
BENCHMARK(quantile);

}  // namespace
}  // namespace sockbox::stats

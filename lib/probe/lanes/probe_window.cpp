// The ring of probe records.
#include "probe/lanes/probe_window.h"

#include <algorithm>
#include <bit>

namespace sockbox::probe {
namespace {

constexpr std::size_t least_records = 1024;
constexpr std::size_t most_records = std::size_t{1} << 20;

std::size_t ring_size(const MeasurePlan& plan) {
    const double per_s = plan.rate > 0 ? plan.rate
                         : plan.interval.count() > 0
                             ? 1e9 / static_cast<double>(plan.interval.count())
                             : 0;
    const double wanted = 2 * per_s * std::chrono::duration<double>(plan.timeout).count();
    const double bounded = std::clamp(wanted, double{least_records}, double{most_records});
    return std::bit_ceil(static_cast<std::size_t>(bounded));
}

}  // namespace

ProbeWindow::ProbeWindow(const MeasurePlan& plan) : ring_(ring_size(plan)) {}

std::uint64_t ProbeWindow::add(const Probe& probe) {
    Probe& entry = at(next_);
    entry = probe;
    entry.state = Probe::State::awaited;
    ++outstanding_;
    return next_++;
}

void ProbeWindow::settle(std::uint64_t index, Probe::State state) {
    at(index).state = state;
    --outstanding_;
    while (oldest_ < next_ && at(oldest_).state != Probe::State::awaited)
        ++oldest_;
}

std::optional<std::uint64_t> ProbeWindow::find(std::uint64_t number, std::uint64_t first,
                                               unsigned bits) const {
    // The distance back from the next number, modulo the width of the number on the wire.
    const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t back = (first + next_ - number) & mask;
    if (back == 0 || back > next_)
        return std::nullopt;
    const std::uint64_t index = next_ - back;
    return keeps(index) ? std::optional(index) : std::nullopt;
}

}  // namespace sockbox::probe

// The block of pseudo-random bytes, and the ring of records.
#include "probe/lanes/datagram_form.h"

#include <algorithm>
#include <bit>

namespace sockbox::probe {
namespace {

constexpr std::size_t starts = 4093;  // prime; messages repeat with this period

constexpr std::size_t min_records = 1024;
constexpr std::size_t min_records_compact = 16;
constexpr std::size_t max_records = std::size_t{1} << 20;

std::size_t ring_size(const MeasurePlan& plan) {
    const std::size_t turns = std::max<std::size_t>(plan.turns, 1);
    const double per_s = plan.rate > 0 ? plan.rate
                         : plan.interval.count() > 0
                             ? 1e9 / static_cast<double>(plan.interval.count())
                             : 0;
    const double wanted = 2 * per_s * std::chrono::duration<double>(plan.timeout).count() /
                          static_cast<double>(turns);
    const std::size_t least = plan.detail == stats::Detail::full
                                  ? std::max(min_records / turns, min_records_compact)
                                  : min_records_compact;
    const double bounded = std::clamp(wanted, static_cast<double>(least), double{max_records});
    return std::bit_ceil(static_cast<std::size_t>(bounded));
}

}  // namespace

Payload::Payload(std::size_t size) : size_(size), noise_(size + starts) {
    std::uint64_t state = 0x9e3779b97f4a7c15;
    for (std::byte& byte : noise_) {
        // A linear congruential generator: its high bits are random enough for this.
        state = state * 6364136223846793005 + 1442695040888963407;
        byte = static_cast<std::byte>(state >> 56);
    }
}

std::span<const std::byte> Payload::message(std::uint64_t sequence) const noexcept {
    return std::span(noise_).subspan(sequence * 61 % starts, size_);
}

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

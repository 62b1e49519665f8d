// Compares the latest second of the load with the one before.
#include "probe/load/load_ramp.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t window = std::chrono::seconds(1) / LoadRamp::interval;

bool is_alike(double one, double other) {
    constexpr double tolerance = 0.1;
    return std::max(one, other) - std::min(one, other) <= tolerance * std::max(one, other);
}

}  // namespace

void LoadRamp::take(std::uint64_t sent, std::uint64_t received) {
    samples_.push_back({received, sent - std::min(sent, received)});
    const auto elapsed = interval * (samples_.size() - 1);
    over_ = over_ || elapsed >= longest || (elapsed >= shortest && is_steady());
}

bool LoadRamp::is_steady() const {
    const auto end = samples_.end();
    const auto received_in = [](auto first, auto last) {
        return static_cast<double>(last->received - first->received);
    };
    const auto under_way_in = [](auto first, auto last) {
        double sum = 0;
        for (auto sample = first + 1; sample <= last; ++sample)
            sum += static_cast<double>(sample->under_way);
        return sum;
    };
    const auto last = end - 1;
    const auto middle = last - window;
    const auto first = middle - window;
    return last->received > 0 && is_alike(received_in(first, middle), received_in(middle, last)) &&
           is_alike(under_way_in(first, middle), under_way_in(middle, last));
}

}  // namespace sockbox::probe

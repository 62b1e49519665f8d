// Chart axes with round tick values: 1, 2 and 5 times powers of ten.
#include "report/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace sockbox::report {
namespace {

constexpr double far_apart = 20;       // from this ratio on a linear axis would hide small values
constexpr double wanted_steps = 5;     // of a linear axis
constexpr double max_decades_cut = 3;  // up to this many decades, label 1, 2 and 5 in each

// The nearest round number at or above (or below) a positive value.
double round_up(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (step * power >= value * (1 - 1e-9))
            return step * power;
    return 10 * power;
}

double round_down(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {5.0, 2.0})
        if (step * power <= value * (1 + 1e-9))
            return step * power;
    return power;
}

std::vector<double> steps(double low, double high, double step) {
    std::vector<double> values;
    for (double value = low; value <= high * (1 + 1e-9); value += step)
        values.push_back(value);
    return values;
}

}  // namespace

Scale Scale::linear(double high, double first, double last) {
    return {false, 0, high, first, last};
}

Scale Scale::fitting(double low, double high, double first, double last) {
    const double step = round_up(high / wanted_steps);
    if (high < low * far_apart)
        return linear(step * std::ceil(high / step * (1 - 1e-9)), first, last);
    return {true, round_down(low), round_up(high), first, last};
}

double Scale::operator()(double value) const noexcept {
    value = std::clamp(value, low_, high_);
    const double share = logarithmic_ ? std::log(value / low_) / std::log(high_ / low_)
                                      : (value - low_) / (high_ - low_);
    return first_ + share * (last_ - first_);
}

std::vector<double> Scale::ticks() const {
    if (!logarithmic_)
        return steps(low_, high_, round_up(high_ / wanted_steps));
    const double decades = std::log10(high_ / low_);
    const double together = std::ceil(decades / 8);  // decades between two labels
    std::vector<double> values;
    for (double exponent = std::floor(std::log10(low_)); exponent <= std::log10(high_) + 1e-9;
         exponent += together)
        for (const double step : {1.0, 2.0, 5.0}) {
            const double value = step * std::pow(10, exponent);
            const bool labelled = step == 1 || decades <= max_decades_cut;
            if (labelled && value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9))
                values.push_back(value);
        }
    return values;
}

std::string short_time(double ns) {
    struct Unit {
        std::string_view name;
        double ns;
    };
    constexpr std::array units{Unit{"s", 1e9}, Unit{"ms", 1e6}, Unit{"µs", 1e3}, Unit{"ns", 1}};
    if (ns == 0)
        return "0";
    for (const Unit& unit : units)
        if (ns >= unit.ns * 0.9995 || unit.ns == 1)
            return ns >= 999.5 * unit.ns ? fmt::format("{:.0f} {}", ns / unit.ns, unit.name)
                                         : fmt::format("{:.3g} {}", ns / unit.ns, unit.name);
    return {};
}

}  // namespace sockbox::report

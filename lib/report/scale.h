// Axes of charts: values to pixels, and round values for labels.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sockbox::report {

// Maps values to pixels on a linear or logarithmic axis.
class Scale {
  public:
    // An axis from 0 to `high` (positive), on pixels from `first` to `last`.
    static Scale linear(double high, double first, double last);
    // An axis that covers `low` to `high` (both positive), rounded outwards: logarithmic if they
    // are far apart, else linear from 0.
    static Scale fitting(double low, double high, double first, double last);

    bool is_logarithmic() const noexcept { return logarithmic_; }
    // The pixel of a value; values outside are clamped.
    double operator()(double value) const noexcept;
    // A handful of round values to label, in ascending order.
    std::vector<double> ticks() const;

  private:
    Scale(bool logarithmic, double low, double high, double first, double last)
        : logarithmic_(logarithmic), low_(low), high_(high), first_(first), last_(last) {}

    bool logarithmic_;
    double low_, high_, first_, last_;
};

// Formats nanoseconds briefly: "22.2 µs".
std::string short_time(double ns);

}  // namespace sockbox::report

// Axes of pictures: values to pixels, and round numbers to label them with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sockbox::report {

class Scale {
  public:
    // From 0 to `high`, which is above 0, on pixels from `first` to `last`.
    static Scale linear(double high, double first, double last);
    // Covers `low` to `high`, both above 0, rounded outwards; on a logarithmic axis where they are
    // far apart, else from 0 on a linear one.
    static Scale fitting(double low, double high, double first, double last);

    bool is_logarithmic() const noexcept { return logarithmic_; }
    // The pixel of a value; one outside is moved to the edge.
    double operator()(double value) const noexcept;
    // Round values to label, rising, a handful.
    std::vector<double> ticks() const;

  private:
    Scale(bool logarithmic, double low, double high, double first, double last)
        : logarithmic_(logarithmic), low_(low), high_(high), first_(first), last_(last) {}

    bool logarithmic_;
    double low_, high_, first_, last_;
};

// "22.2 µs", of nanoseconds.
std::string short_time(double ns);

}  // namespace sockbox::report

// The values of a measurement that become metrics: a row for each.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "report/measurement.h"
#include "report/metrics.h"

namespace sockbox::report {

// Which measurements have a value.
enum class Of : std::uint8_t { all, datagrams, streams };

constexpr bool is_of(Of of, const MeasurementReport& report) {
    return of == Of::all || (of == Of::datagrams) == report.datagrams;
}

// One value of each server. Rows with one name that follow each other make up a family.
struct ValueRow {
    std::string_view name;
    MetricKind kind = MetricKind::counter;
    std::string_view unit;
    std::string_view help;
    std::optional<double> (*value)(const MeasurementReport&);  // nullopt: it has none
    Of of = Of::all;
    MetricLabel label{};  // beside those of the server
};

std::span<const ValueRow> value_rows();

}  // namespace sockbox::report

// What a reflector reports about the datagrams and about itself, in words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "report/json.h"
#include "report/metrics.h"
#include "stats/measurement.h"

namespace sockbox::report {

// Names of the numbers in RFC 8972, section 5, for example "ntp" and "software"; another number as
// it is. Empty for 0, which means unknown, and for none.
std::string clock_source_name(std::optional<std::uint8_t> number);
std::string timestamp_method_name(std::optional<std::uint8_t> number);

// What names the reflector's clock and timestamps, for metrics.
MetricLabels with_reflector(const MetricLabels& labels, const stats::ReflectorReport& report);

// "ECN: arrived here as 17 ECT(0), 3 CE", and likewise at the reflector, each with its newline.
// Empty if nothing reports the bits, or a reflector was not asked for them.
std::string ecn_to_text(const stats::Measurement& numbers);
// Null without any.
Json to_json(const stats::EcnCounts& counts);

// Lines, each with its newline: DSCP of the datagrams as they arrived, unless it is 0,
// and what the extensions of replies report. Empty if there is nothing of it.
std::string reflector_to_text(const stats::Directions& directions);

}  // namespace sockbox::report

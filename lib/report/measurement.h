// A measurement as text and as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/json.h"
#include "stats/measurement.h"
#include "stats/tally.h"

namespace sockbox::report {

// A bound that was asked for, and whether it held.
struct Verdict {
    std::string expression;
    std::optional<double> value;  // none where undefined
    stats::Unit unit{};
    std::string shown;  // the value with its unit
    bool ok = false;
};

// What there is to say of a run.
struct MeasurementReport {
    std::string tool;
    std::string target;
    std::string failure;  // why nothing was measured; empty where something was
    stats::Phase phase = stats::Phase::measuring;
    bool verbose = false;    // in text, also which numbers were lost
    bool datagrams = false;  // tells what only datagrams can be: late, duplicated, reordered, …
    stats::Measurement numbers;
    stats::Tally errors;                              // the same for all of a kind
    std::map<std::string, std::uint64_t> responders;  // replies of each, where many may answer
    std::vector<Verdict> verdicts;
    std::vector<std::pair<std::string, std::string>> parameters;  // of the run, for its page
};

// What is said of a measurement whose client was late.
inline constexpr std::string_view client_late =
    "the client's own lateness is more than a tenth of the median round trip, or than half of the "
    "99th percentile";

// Where the lost were lost: "2 on the path, 1 undelivered (ICMP)".
std::string places_of_loss(const stats::Measurement& numbers);

// The lines after a run, as ping prints them, each with its end.
std::string to_text(const MeasurementReport& report);

// "resolving", "connecting", "warming up", "measuring"
std::string_view name_of(stats::Phase phase);

// One line of a run under way, with its end.
std::string to_interim_text(const MeasurementReport& report);

// The object of a final result, or, with another event, of a run under way ("interim").
Json to_json(const MeasurementReport& report, std::string_view event_name = "result");

// "64 bytes from 127.0.0.1:3490: seq=1 time=0.042 ms", without its end.
std::string reply_line(std::size_t bytes, std::string_view peer, std::uint64_t sequence,
                       std::chrono::nanoseconds rtt);

// The distribution by percentile as HdrHistogram's plotter reads it, in milliseconds.
std::string to_hgrm(const stats::Series& series);

}  // namespace sockbox::report

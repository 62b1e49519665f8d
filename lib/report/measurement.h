// A measurement as text and as JSON, with the results of each direction.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/found_rate.h"
#include "report/json.h"
#include "report/verdict.h"
#include "stats/directions.h"
#include "stats/measurement.h"
#include "stats/tally.h"

namespace sockbox::report {

// Lines, each with its newline; empty if no reply contained timestamps.
std::string to_text(const stats::Directions& directions);

// A fragment that continues a line: ", forward 1 lost, mean delay 0.050 ms, backward ...".
std::string to_interim_text(const stats::Directions& directions);

// Sets the members "forward", "backward", "processing", "clock_error_ns", "clocks_synchronized",
// "implausible_delays", "reflector" and those of DSCP and ECN of a result object.
void add_directions(const stats::Directions& directions, Json& json);

struct UnderLoad;

// Everything that is reported about a run.
struct MeasurementReport {
    std::string tool;
    std::string target;
    std::string address{};  // in use, with the port; empty: not known
    std::vector<std::pair<std::string, std::string>> labels{};  // of the server, for metrics
    std::chrono::system_clock::time_point started{};
    std::chrono::system_clock::time_point measured_since{};  // the end of the warm-up
    std::string failure{};  // why nothing was measured; empty if something was
    stats::Phase phase = stats::Phase::measuring;
    bool verbose = false;  // as text, also list the sequence numbers of lost datagrams
    bool colored = false;  // as text, with colours for verdicts and warnings
    // as text, of the terminal that shows it; without one, as many as a line has
    std::size_t columns = std::numeric_limits<std::size_t>::max();
    bool datagrams = false;  // include what only datagrams can be: late, duplicated, reordered, ...
    stats::Measurement numbers;
    stats::Tally errors;
    std::map<std::string, std::uint64_t> responders;  // replies by host, if several may answer
    std::vector<Verdict> verdicts;
    std::optional<FoundRate> found_rate{};  // of whose search this was the last run at that rate
    std::shared_ptr<const UnderLoad> under_load{};                // if the run was made under load
    std::vector<std::pair<std::string, std::string>> parameters;  // of the run, for the HTML page

    // When the latest answer came, by the wall clock.
    std::optional<std::chrono::system_clock::time_point> last_reply() const;
};

// The warning about a measurement whose client was late.
inline constexpr std::string_view client_late =
    "the client's own lateness is more than a tenth of the median round trip, or more than half of "
    "the 99th percentile";

// Where the lost datagrams were lost: "2 on the path, 1 undelivered (ICMP)".
std::string places_of_loss(const stats::Measurement& numbers);

// A failure in words: "send: Network is unreachable (ENETUNREACH)".
std::string to_text(const stats::Failure& failure);

// What is reported instead of the times of messages whose replies cannot be told apart.
inline constexpr std::string_view not_distinguishable =
    "replies to messages as short as these cannot be told apart: no times, no order";

// The summary after a run in the style of ping(8), each line with its newline.
std::string to_text(const MeasurementReport& report);

// "resolving", "connecting", "warming up", "measuring"
std::string_view to_text(stats::Phase phase);

// One line about a run in progress, with its newline.
std::string to_interim_text(const MeasurementReport& report);

// The object of a final result or, with event name "interim", of a run in progress.
Json to_json(const MeasurementReport& report, std::string_view event_name = "result");
// A list of {"symbol": ..., "code": ..., "message": ..., "phase": ..., "count": ...}.
Json to_json(const stats::Tally& errors);

// Sets the members of a measurement, without those of the event that reports it.
void add_measurement(const MeasurementReport& report, Json& json);

// A reply, or a datagram that is none.
struct ReplyLine {
    std::size_t bytes = 0;
    std::string from;
    std::optional<std::uint64_t> sequence{};
    std::optional<std::chrono::nanoseconds> rtt{};
    std::string objection{};  // what is wrong with it; empty if nothing is
};

// "64 bytes from 127.0.0.1:3490: seq=1 time=0.042 ms", or what is wrong with the reply in place of
// the time; without a newline.
std::string to_text(const ReplyLine& reply);

// The percentile distribution in milliseconds, in the .hgrm format of HdrHistogram's plotter.
std::string to_hgrm(const stats::Series& series);

}  // namespace sockbox::report

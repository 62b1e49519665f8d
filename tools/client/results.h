// The results of a measurement: judged by --assert, printed, and written to files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probe/assertion.h"
#include "probe/measured.h"
#include "report/measurement.h"
#include "tools/client/client.h"
#include "tools/front/metrics.h"

namespace sockbox::tools {

// The options about results, and what they do. `client` must outlive the object.
class Results {
  public:
    Results(Io io, const ClientOptions& client) : io_(io), client_(client) {}

    // Declares --assert.
    void declare_assertions(Cli& cli);
    // Declares --metrics-file --plot --html --hgrm.
    void declare_files(Cli& cli);
    void declare_metrics_file(Cli& cli);
    // Checks combinations of these options, and that the files can be written: now, not after a
    // long measurement. Returns an exit status if not; the reason is then already printed.
    std::optional<int> check(const Cli& cli, bool has_many_servers) const;

    // The names of the files; some may be empty.
    std::vector<std::string> files() const { return {html_, hgrm_, metrics_file_}; }
    bool has_files() const { return !(html_.empty() && hgrm_.empty() && metrics_file_.empty()); }
    bool has_assertions() const { return !assertions_.empty(); }
    bool has_metrics_file() const { return !metrics_file_.empty(); }

    // With the verdicts on the assertions.
    report::MeasurementReport report_of(const std::string& target, probe::Measured measured,
                                        bool open_loop) const;
    // Records for --html and the metrics that this target could not be measured.
    void note_unmeasured(const Target& target, const net::Error& error);
    const std::vector<report::MeasurementReport>& unmeasured() const { return unmeasured_; }

    // Prints a final result and, if nothing reached the server's address, `hint` (may be empty).
    void print(const report::MeasurementReport& report, const std::string& hint) const;
    // The exit status for a final result.
    int status_of(const report::MeasurementReport& report, bool interrupted) const;

    net::Status write_metrics(const MetricFamilies& families) const;
    // Writes a page of another kind to the file of --html, and ends the command. Returns its exit
    // status.
    int write_page(const std::function<std::string()>& page, int status) const;
    // Writes the other files, and ends the command. Returns its exit status.
    int write(std::vector<report::MeasurementReport> reports, int status) const;

  private:
    bool is_asserted(std::string_view name) const;
    bool is_good(const report::MeasurementReport& report, bool interrupted) const;

    Io io_;
    const ClientOptions& client_;
    std::vector<probe::Assertion> assertions_;
    bool plot_ = false;
    std::string html_;
    std::string hgrm_;
    std::string metrics_file_;
    std::vector<report::MeasurementReport> unmeasured_;
};

}  // namespace sockbox::tools

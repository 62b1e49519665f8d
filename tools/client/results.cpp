// Prints results, and judges them.
#include "tools/client/results.h"

#include <algorithm>

#include "report/metrics.h"
#include "report/page/html.h"
#include "report/plot.h"
#include "system/platform.h"
#include "tools/front/whole_file.h"

namespace sockbox::tools {

void Results::declare_assertions(Cli& cli) {
    cli.group(help::results);
    cli.repeated("--assert", "EXPRESSION", "a bound that must hold, such as p99<2ms or loss<0.1%",
                 [this](std::string_view text) {
                     auto assertion = probe::Assertion::parse(text);
                     if (!assertion)
                         return net::Status(net::fail(assertion.error()));
                     if (std::ranges::find(assertions_, assertion->expression(),
                                           &probe::Assertion::expression) == assertions_.end())
                         assertions_.push_back(std::move(*assertion));
                     return net::Status();
                 })
        .completed_by([](std::string_view typed) {
            Completion completion = complete_with(probe::Assertion::names())(typed);
            completion.kind = Completion::Kind::parts;
            return completion;
        });
}

void Results::declare_files(Cli& cli) {
    cli.flag("--plot", "draw a histogram and the times over the run", plot_);
    cli.option("--html", "FILE", "write a web page with figures and charts", take_text(html_));
    cli.rest().option("--hgrm", "FILE", "write the percentiles for HdrHistogram's plotter",
                      take_text(hgrm_));
}

void Results::declare_metrics_file(Cli& cli) {
    cli.option("--metrics-file", "FILE",
               "write the metrics to a file, at the end and at --report-interval",
               take_text(metrics_file_));
}

std::optional<int> Results::check(const Cli& cli, bool has_many_servers) const {
    if (plot_ && client_.common.json)
        return cli.refuse(io_, "--plot and --json are mutually exclusive");
    if (!html_.empty() && !hgrm_.empty() && is_same_file(html_, hgrm_))
        return cli.refuse(io_, "--html and --hgrm name the same file");
    for (const std::string& file : files())
        if (client_.common.json && !file.empty() && is_same_file(file, "-"))
            return cli.refuse(io_,
                              "--json reserves standard output: --html, --hgrm and --metrics-file "
                              "need a file");
    for (const std::string& file : {html_, hgrm_})
        if (!metrics_file_.empty() && !file.empty() && is_same_file(file, metrics_file_))
            return cli.refuse(io_, "--metrics-file and another option name the same file");
    if (!hgrm_.empty() && has_many_servers)
        return cli.refuse(io_, "--hgrm supports only one server");
    for (const std::string& file : files())
        if (const auto sound = file.empty() ? net::Status() : can_write_whole(file, "write");
            !sound)
            return client_.fail(io_, sound.error(), exit_output);
    return std::nullopt;
}

report::MeasurementReport Results::report_of(const std::string& target, probe::Measured measured,
                                             bool open_loop) const {
    report::MeasurementReport report;
    report.tool = client_.tool;
    report.target = target;
    report.address = measured.server ? measured.server->to_string() : "";
    report.started = client_.started;
    report.measured_since = std::chrono::system_clock::now() -
                            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                net::Clock::now() - measured.begin);
    report.datagrams = client_.transport == net::Transport::udp;
    report.phase = measured.phase;
    report.numbers = std::move(measured.numbers);
    report.numbers.open_loop = open_loop;
    report.errors = std::move(measured.errors);
    report.responders = std::move(measured.responders);
    report.verbose = client_.common.verbose;
    report.colored = !client_.common.json && client_.common.colored(io_.out);
    if (io_.out.is_terminal())
        report.columns = net::platform::terminal_columns(io_.out.file());
    const bool unsent_apart = is_asserted("unsent");
    for (const probe::Assertion& assertion : assertions_) {
        const auto verdict = assertion.judge(report.numbers, unsent_apart);
        report.verdicts.push_back(
            {verdict.expression, verdict.value, verdict.unit, verdict.shown, verdict.ok});
    }
    return report;
}

void Results::note_unmeasured(const Target& target, const net::Error& error) {
    auto& report = unmeasured_.emplace_back();
    report.tool = client_.tool;
    report.target = target.text;
    report.labels = target.labels;
    report.datagrams = client_.transport == net::Transport::udp;
    report.failure = error.message();
}

bool Results::is_asserted(std::string_view name) const {
    return std::ranges::any_of(
        assertions_, [&](const probe::Assertion& assertion) { return assertion.is_about(name); });
}

void Results::print(const report::MeasurementReport& report, const std::string& hint) const {
    io_.out.write(client_.common.json ? report::to_json(report).to_string() + '\n'
                                      : report::to_text(report));
    if (plot_)
        io_.out.write(
            report::plot(report.numbers, net::platform::terminal_columns(io_.out.file())));
    if (!hint.empty() && report.numbers.received == 0 && report.numbers.undelivered > 0)
        io_.err.print("{}: hint: {} does not answer; {}\n", client_.tool, report.address, hint);
}

int Results::status_of(const report::MeasurementReport& report, bool interrupted) const {
    if (is_good(report, interrupted))
        return exit_ok;
    const bool unresolved = report.address.empty() && report.numbers.resolve_failures > 0;
    return unresolved ? exit_unresolved : exit_mismatch;
}

// Because TCP is reliable, a single lost or wrong echo is a failure; with UDP, loss is normal.
// What is not the echo is a failure with both, unless an assertion is to judge it.
bool Results::is_good(const report::MeasurementReport& report, bool interrupted) const {
    const stats::Measurement& numbers = report.numbers;
    const bool judged = is_asserted("mismatched") || is_asserted("corrupted");
    if ((numbers.mismatched > 0 && !judged) || numbers.surplus_bytes > 0)
        return false;
    if (!assertions_.empty())
        return std::ranges::all_of(report.verdicts, &report::Verdict::ok);
    const bool undecided = numbers.pending > 0 && !report.datagrams;
    // An interrupt before the first message, or in the warm-up, leaves nothing that could be lost.
    const bool unbegun =
        interrupted && numbers.sent == 0 && numbers.unsent == 0 && numbers.resolve_failures == 0;
    if (numbers.received == 0 && !undecided && !unbegun)
        return false;
    // A lookup that failed in between has cost no message.
    const bool connected = std::ranges::all_of(
        report.errors, [](const auto& error) { return error.first.phase == "resolve"; });
    return report.datagrams || (numbers.lost == 0 && numbers.unsent == 0 && connected);
}

net::Status Results::write_metrics(const MetricFamilies& families) const {
    return write_whole(metrics_file_,
                       report::format_metrics(families, report::MetricFormat::classic), "write",
                       io_.out);
}

int Results::write_page(const std::function<std::string()>& page, int status) const {
    const net::Status written =
        html_.empty() ? net::Status() : write_whole(html_, page(), "write", io_.out);
    if (!written) {
        print_error(io_, client_.tool, written.error());
        status = exit_output;
    }
    return finish(io_, client_.tool, status);
}

int Results::write(std::vector<report::MeasurementReport> reports, int status) const {
    net::Status written;
    if (!hgrm_.empty() && !reports.empty())
        written =
            write_whole(hgrm_, report::to_hgrm(reports.front().numbers.rtt), "write", io_.out);
    reports.insert(reports.end(), unmeasured_.begin(), unmeasured_.end());
    if (written && !html_.empty())
        written = write_whole(html_, report::to_html(reports), "write", io_.out);
    if (!written) {
        print_error(io_, client_.tool, written.error());
        status = exit_output;
    }
    return finish(io_, client_.tool, status);
}

}  // namespace sockbox::tools

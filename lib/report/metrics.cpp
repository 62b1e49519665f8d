// Formats metric families line by line, and lists those of a measurement.
#include "report/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sockbox::report {
namespace {

std::string_view to_text(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter: return "counter";
        case MetricKind::gauge: return "gauge";
        case MetricKind::histogram: break;
    }
    return "histogram";
}

// Both formats escape backslashes and newlines; quotes are escaped in label values and, by
// OpenMetrics, in help text too.
std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || (c == '"' && quotes))
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

// Integers are printed without an exponent, for readability.
std::string sample_value(double value) {
    constexpr double exact = 9007199254740992;  // all integers up to 2^53 are exact
    if (std::abs(value) <= exact && std::trunc(value) == value)
        return fmt::format("{}", static_cast<std::int64_t>(value));
    return number(value);
}

// OpenMetrics requires bucket bounds to look like floating-point numbers.
std::string bound_to_text(double bound) {
    std::string text = number(bound);
    if (text.find_first_not_of("-0123456789") == text.npos)
        text += ".0";
    return text;
}

class Writer {
  public:
    explicit Writer(MetricFormat format) : open_(format == MetricFormat::open_metrics) {}

    void write(const MetricFamily& family) {
        // The classic format names a counter like its samples, with "_total".
        const bool counts = family.kind == MetricKind::counter;
        const std::string_view total = counts ? "_total" : "";
        const std::string_view title_end = open_ ? "" : total;
        text_ +=
            fmt::format("# HELP {}{} {}\n", family.name, title_end, escaped(family.help, open_));
        text_ += fmt::format("# TYPE {}{} {}\n", family.name, title_end, to_text(family.kind));
        if (open_ && !family.unit.empty())
            text_ += fmt::format("# UNIT {} {}\n", family.name, family.unit);
        for (const MetricValue& value : family.values)
            sample(family.name, total, value.labels, {}, sample_value(value.value));
        for (const MetricHistogram& histogram : family.histograms)
            write(family.name, histogram);
    }

    // "# EOF" is a comment in the classic format, where it still reveals a truncated response.
    std::string finish() { return std::move(text_ += "# EOF\n"); }

  private:
    void write(std::string_view name, const MetricHistogram& histogram) {
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            so_far += histogram.counts[i];
            const bool last = i >= histogram.bounds.size();
            const std::string bound = last ? "+Inf" : bound_to_text(histogram.bounds[i]);
            sample(name, "_bucket", histogram.labels, bound, fmt::format("{}", so_far));
        }
        sample(name, "_count", histogram.labels, {}, fmt::format("{}", so_far));
        sample(name, "_sum", histogram.labels, {}, sample_value(histogram.sum));
    }

    void sample(std::string_view name, std::string_view suffix, const MetricLabels& labels,
                std::string_view bound, std::string_view value) {
        std::string inside;
        for (const auto& [label, content] : labels)
            inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", label,
                                  escaped(content, true));
        if (!bound.empty())
            inside += fmt::format("{}le=\"{}\"", inside.empty() ? "" : ",", bound);
        if (!inside.empty())
            inside = '{' + inside + '}';
        text_ += fmt::format("{}{}{} {}\n", name, suffix, inside, value);
    }

    bool open_;
    std::string text_;
};

using stats::Measurement;

struct MeasuredFamily {
    std::string_view name;
    std::uint64_t Measurement::*count;
    std::string_view help;
    std::string_view unit{};
    bool of_datagrams = false;
    MetricKind kind = MetricKind::counter;
    bool of_streams = false;
};

constexpr std::array rows{
    MeasuredFamily{"messages_sent", &Measurement::sent, "Messages sent."},
    MeasuredFamily{"messages_received", &Measurement::received, "Echoes that arrived in time."},
    MeasuredFamily{"messages_lost", &Measurement::lost, "Messages without an echo in time."},
    MeasuredFamily{"messages_unsent", &Measurement::unsent, "Messages that could not be sent."},
    MeasuredFamily{"messages_mismatched", &Measurement::mismatched,
                   "Echoes that differed from what was sent."},
    MeasuredFamily{"surplus_bytes", &Measurement::surplus_bytes,
                   "Bytes received that answer nothing that was sent.", "bytes", false,
                   MetricKind::counter, true},
    MeasuredFamily{"messages_late", &Measurement::late,
                   "Echoes of messages already counted as lost."},
    MeasuredFamily{
        "messages_duplicated", &Measurement::duplicated, "Echoes beyond the first.", {}, true},
    MeasuredFamily{"messages_reordered",
                   &Measurement::reordered,
                   "Echoes that arrived after a later one.",
                   {},
                   true},
    MeasuredFamily{"messages_foreign",
                   &Measurement::foreign,
                   "Echoes of messages that were never sent.",
                   {},
                   true},
    MeasuredFamily{"messages_misdirected",
                   &Measurement::misdirected,
                   "Echoes from another address than the one that was asked.",
                   {},
                   true},
    MeasuredFamily{"missed_slots", &Measurement::missed_slots,
                   "Sends that the client skipped because it was late itself."},
    MeasuredFamily{"sent_bytes", &Measurement::sent_bytes, "Payload sent.", "bytes"},
    MeasuredFamily{"received_bytes", &Measurement::received_bytes, "Payload received.", "bytes"},
    MeasuredFamily{"messages_pending",
                   &Measurement::pending,
                   "Messages whose echo may still arrive in time.",
                   {},
                   false,
                   MetricKind::gauge},
};

// Seconds, from 10 us to 10 s.
constexpr std::array bounds{1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2,
                            2e-2, 5e-2, 0.1,  0.2,  0.5,  1.0,  2.0,  5.0,  10.0};

MetricHistogram distribution(const MeasurementReport& report) {
    MetricHistogram histogram{{{"target", report.target}},
                              bounds,
                              std::vector<std::uint64_t>(bounds.size() + 1),
                              report.numbers.rtt.sum_ns() / 1e9};
    for (const auto& bucket : report.numbers.rtt.histogram().buckets()) {
        const double seconds = static_cast<double>(bucket.low.count()) / 1e9;
        const auto* const at = std::ranges::lower_bound(bounds, seconds);
        histogram.counts[static_cast<std::size_t>(at - bounds.begin())] += bucket.count;
    }
    return histogram;
}

}  // namespace

std::string_view content_type(MetricFormat format) noexcept {
    return format == MetricFormat::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

std::string format_metrics(std::span<const MetricFamily> families, MetricFormat format) {
    Writer writer(format);
    for (const MetricFamily& family : families)
        writer.write(family);
    return writer.finish();
}

std::vector<MetricFamily> to_metrics(std::span<const MeasurementReport> reports) {
    std::vector<MetricFamily> families;
    if (reports.empty())
        return families;
    const std::string prefix = reports.front().tool + "_";
    for (const MeasuredFamily& row : rows) {
        const bool datagrams = reports.front().datagrams;
        if (datagrams ? row.of_streams : row.of_datagrams)
            continue;
        MetricFamily family{prefix + std::string(row.name), row.kind, row.unit, row.help, {}, {}};
        for (const MeasurementReport& report : reports)
            family.values.push_back(
                {{{"target", report.target}}, static_cast<double>(report.numbers.*row.count)});
        families.push_back(std::move(family));
    }
    MetricFamily times{prefix + "round_trip_seconds",
                       MetricKind::histogram,
                       "seconds",
                       "Time from a message to its echo.",
                       {},
                       {}};
    for (const MeasurementReport& report : reports)
        times.histograms.push_back(distribution(report));
    families.push_back(std::move(times));
    return families;
}

}  // namespace sockbox::report

// The lines and members of a measurement, of interim reports and of one-way results.
#include "report/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/color.h"
#include "report/counted.h"
#include "report/reflector.h"
#include "report/source_ports.h"
#include "report/times.h"
#include "report/under_load.h"
#include "text/text.h"
#include "text/time.h"
#include "text/units.h"

namespace sockbox::report {
namespace {

// The estimated error of an unsynchronized clock is many seconds.
std::string clock_error_to_text(std::chrono::nanoseconds error) {
    const double ms = static_cast<double>(error.count()) / 1e6;
    return ms < 1000 ? fmt::format("{:.3f} ms", ms) : fmt::format("{:.3g} s", ms / 1000);
}

std::string way_line(std::string_view name, const stats::Way& way) {
    return fmt::format("{}: {} lost, variation {} ms\n", name,
                       way.lost ? std::to_string(*way.lost) : "an unknown number",
                       milliseconds(way.variation.value()));
}

std::string short_way(std::string_view name, const stats::Way& way) {
    const std::string lost = way.lost ? fmt::format("{} lost, ", *way.lost) : "";
    return fmt::format(", {} {}mean delay {} ms", name, lost,
                       milliseconds(way.delay.summary().mean));
}

Json spread_object(const stats::TimeSpread& spread) {
    const stats::Summary summary = spread.summary();
    return Json::object()
        .set("min_ns", nanoseconds(summary.min))
        .set("mean_ns", nanoseconds(summary.mean))
        .set("max_ns", nanoseconds(summary.max))
        .set("stddev_ns", nanoseconds(summary.deviation));
}

Json way_object(const stats::Way& way) {
    return Json::object()
        .set("lost", way.lost)
        .set("delay", spread_object(way.delay))
        .set("variation_ns", nanoseconds(way.variation.value()));
}

using stats::Measurement;
using stats::Summary;

// "rtt = 0.042 ms" for a single sample, which needs no table.
std::string single_time_line(std::string_view name, const Summary& summary) {
    return summary.count == 1 ? fmt::format("{} = {} ms\n", name, milliseconds(summary.mean)) : "";
}

Json series_object(const Summary& summary) {
    return times_object(summary).set("median_ns", nanoseconds(summary.median));
}

std::string counts_line(const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    std::string line = fmt::format("{} sent, {} received, {} lost ({:.3g}%)", numbers.sent,
                                   numbers.received, numbers.lost, numbers.loss() * 100);
    const auto add = [&](std::uint64_t count, std::string_view word, bool always) {
        if (count > 0 || always)
            line += fmt::format(", {} {}", count, word);
    };
    add(numbers.pending, "pending", false);
    add(numbers.unsent, "not sent", false);
    add(numbers.mismatched, report.datagrams ? "corrupted" : "mismatched", !report.datagrams);
    add(numbers.surplus_bytes, "surplus bytes", false);
    add(numbers.misdirected, "from an unexpected address", false);
    add(numbers.late, "late", false);
    add(numbers.duplicated, "duplicated", false);
    add(numbers.reordered, "reordered", false);
    add(numbers.foreign, "foreign", false);
    return line + '\n';
}

// "lost numbers: 5, 10-12"
std::string lost_numbers_line(const stats::SequenceRanges& numbers) {
    if (numbers.empty())
        return {};
    std::string line;
    for (const auto& [first, last] : numbers.runs()) {
        line += fmt::format("{}{}", line.empty() ? "lost numbers: " : ", ", first);
        if (last > first)
            line += fmt::format("-{}", last);
    }
    if (numbers.unlisted() > 0)
        line += fmt::format(", and {} more", numbers.unlisted());
    return line + '\n';
}

Json lost_numbers_array(const stats::SequenceRanges& numbers) {
    Json runs = Json::array();
    for (const auto& [first, last] : numbers.runs())
        runs.push(Json::array().push(first).push(last));
    return runs;
}

std::string own_time_line(const Measurement& numbers) {
    const auto share = numbers.own_share();
    if (!share)
        return {};
    return fmt::format(
        "local stack: mean {} ms, {:.1f}% of the round-trip time that a program sees\n",
        milliseconds(numbers.own_time.summary().mean), *share * 100);
}

std::string rate_line(const Measurement& numbers) {
    const double seconds = std::chrono::duration<double>(numbers.duration).count();
    const double bytes = seconds > 0 ? static_cast<double>(numbers.received_bytes) / seconds : 0;
    return fmt::format("{:.3f} s, {}: {:.1f} messages/s, {:.0f} bytes/s\n", seconds,
                       numbers.open_loop ? "open loop (times from the scheduled send)"
                                         : "closed loop (times from the actual send)",
                       numbers.rate_per_s(), bytes);
}

std::string warning(const MeasurementReport& report, std::string_view what) {
    return fmt::format("{} {}\n", painted(report.colored, yellow, "warning:"), what);
}

// The series of several samples as a table, the others a line each. How late the client itself was
// is shown as well, so that a busy client is not mistaken for a slow server.
std::string series_to_text(const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    TimesTable table;
    std::string lines;
    const auto add = [&](std::string_view name, const Summary& summary) {
        if (summary.count > 1)
            table.add(name, summary);
        else
            lines += single_time_line(name, summary);
    };
    add("rtt", numbers.rtt.summary());
    add("connect", numbers.connect.summary());
    if (numbers.directions) {
        add("forward", numbers.directions->forward.delay.summary());
        add("backward", numbers.directions->backward.delay.summary());
    }
    add("lateness", numbers.slip.summary());
    if (numbers.is_client_late() || report.verbose)
        add("unread", numbers.unread.summary());
    return table.to_text(report.columns) + lines;
}

std::string lateness_lines(const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    std::string text;
    if (numbers.missed_slots > 0)
        text += fmt::format("schedule: {} missed\n", counted(numbers.missed_slots, "slot"));
    if (numbers.is_client_late())
        text += warning(report, client_late);
    return text;
}

std::string outage_line(const MeasurementReport& report) {
    const stats::Outages& outages = report.numbers.outages;
    const auto longest = outages.longest(report.numbers.duration);
    if (longest < std::chrono::seconds(5))  // shorter ones are losses, which have their own lines
        return {};
    const auto last = report.last_reply();
    return fmt::format("outage: {} {}{}\n", outages.is_up() ? "longest" : "still down, longest",
                       net::format_approximately(longest),
                       last ? ", last reply " + net::format_utc(*last) : ", no reply at all");
}

std::string kernel_line(const stats::KernelView& kernel) {
    if (kernel.connections == 0)
        return {};
    const auto range = [](const stats::Spread& spread, double unit) {
        return spread.count == 0
                   ? "-"
                   : fmt::format("{:.6g}/{:.6g}/{:.6g}", static_cast<double>(spread.min) / unit,
                                 spread.mean() / unit, static_cast<double>(spread.max) / unit);
    };
    return fmt::format(
        "kernel: {}, min_rtt {} ms, {}, cwnd min/mean/max = {} segments, delivery rate "
        "min/mean/max = {} MB/s\n",
        counted(kernel.connections, "connection"), milliseconds(kernel.min_rtt),
        counted(kernel.retransmits, "retransmit"), range(kernel.congestion_window, 1),
        range(kernel.delivery_rate, 1e6));
}

Json range_object(const stats::Spread& spread) {
    Json object = Json::object();
    const bool any = spread.count > 0;
    return object.set("min", any ? Json(spread.min) : Json())
        .set("mean", any ? Json(spread.mean()) : Json())
        .set("max", any ? Json(spread.max) : Json());
}

Json kernel_object(const stats::KernelView& kernel) {
    Json object = Json::object();
    return object.set("connections", kernel.connections)
        .set("min_rtt_ns", nanoseconds(kernel.min_rtt))
        .set("retransmits", kernel.retransmits)
        .set("cwnd_segments", range_object(kernel.congestion_window))
        .set("delivery_rate_bytes_per_s", range_object(kernel.delivery_rate));
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

template <class Number>
Json number_or_null(const std::optional<Number>& number) {
    return number ? Json(static_cast<unsigned>(*number)) : Json();
}

Json reflector_object(const stats::ReflectorReport& report) {
    if (!report.was_asked && report.unverified == 0)
        return {};
    return Json::object()
        .set("seen_from", text_or_null(report.seen_from))
        .set("clock", text_or_null(clock_source_name(report.clock_source)))
        .set("arrival_timestamps", text_or_null(timestamp_method_name(report.arrival_method)))
        .set("departure_timestamps", text_or_null(timestamp_method_name(report.departure_method)))
        .set("received", number_or_null(report.received))
        .set("sent", number_or_null(report.sent))
        .set("left_later", spread_object(report.left_later))
        .set("unverified", report.unverified);
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> MeasurementReport::last_reply() const {
    using Clock = std::chrono::system_clock;
    const auto since = numbers.outages.last_reply();
    if (!since)
        return std::nullopt;
    return measured_since + std::chrono::duration_cast<Clock::duration>(*since);
}

std::string to_text(const stats::Directions& directions) {
    if (directions.forward.delay.count() == 0)
        return {};
    std::string text =
        way_line("forward", directions.forward) + way_line("backward", directions.backward);
    text += fmt::format("reflector: mean {} ms between arrival and sending\n",
                        milliseconds(directions.processing.summary().mean));
    text += fmt::format("clocks: {}; one-way delays may be wrong by {}\n",
                        directions.synchronized ? "both synchronized" : "NOT both synchronized",
                        clock_error_to_text(directions.clock_error));
    if (directions.implausible > 0)
        text += fmt::format(
            "warning: {} one-way delays are impossible: a clock was set, or is wrong by more than "
            "it reports\n",
            directions.implausible);
    if (const stats::Spread& lengths = directions.other_lengths; lengths.count > 0)
        text += fmt::format("note: {} {} bytes long, unlike the packets sent\n",
                            counted(lengths.count, "reply was", "replies were"),
                            lengths.min == lengths.max
                                ? std::to_string(lengths.min)
                                : fmt::format("{} to {}", lengths.min, lengths.max));
    return text + reflector_to_text(directions);
}

std::string to_interim_text(const stats::Directions& directions) {
    if (directions.forward.delay.count() == 0)
        return {};
    return short_way("forward", directions.forward) + short_way("backward", directions.backward);
}

void add_directions(const stats::Directions& directions, Json& json) {
    json.set("forward", way_object(directions.forward))
        .set("backward", way_object(directions.backward))
        .set("processing", spread_object(directions.processing))
        .set("clock_error_ns", directions.clock_error.count())
        .set("clocks_synchronized", directions.synchronized)
        .set("implausible_delays", directions.implausible)
        .set("replies_of_other_length", directions.other_lengths.count)
        .set("dscp_there", number_or_null(directions.dscp_there))
        .set("ecn_there", number_or_null(directions.ecn_there))
        .set("dscp_back", number_or_null(directions.dscp_back))
        .set("ecn_back", number_or_null(directions.ecn_back))
        .set("reflector", reflector_object(directions.reflector));
}

std::string places_of_loss(const stats::Measurement& numbers) {
    std::string places;
    const auto add = [&](std::uint64_t count, std::string_view place, bool always = false) {
        if (count > 0 || always)
            places += fmt::format("{}{} {}", places.empty() ? "" : ", ", count, place);
    };
    add(numbers.spoiled, "answered with something else");
    add(numbers.misdirected, "answered from an unexpected address");
    add(numbers.lost_on_path(), "on the path", places.empty());
    add(numbers.undelivered, "undelivered (ICMP)");
    add(numbers.lost_in_own_buffer(), "in our own full receive buffer");
    return places;
}

std::string to_text(const stats::Failure& failure) {
    std::string text = failure.phase.empty() || failure.phase == "icmp" ? "" : failure.phase + ": ";
    text += failure.message;
    return failure.symbol.empty() ? text : text + fmt::format(" ({})", failure.symbol);
}

std::string to_text(const MeasurementReport& report) {
    const Measurement& numbers = report.numbers;
    std::string text = fmt::format("--- {} {} statistics ---\n", report.target, report.tool);
    text += counts_line(report);
    if (report.datagrams && numbers.lost > 0)
        text += fmt::format("lost: {}\n", places_of_loss(numbers));
    if (report.verbose)
        text += lost_numbers_line(numbers.lost_numbers);
    text += rate_line(numbers);
    text += outage_line(report);
    if (!numbers.distinguishable)
        text += fmt::format("{}\n", not_distinguishable);
    text += series_to_text(report);
    const stats::Summary rtt = numbers.rtt.summary();
    // With an even number of samples the median lies between two of them; with many samples it
    // equals p50 to the microsecond.
    if (const std::string median = milliseconds(rtt.median); median != milliseconds(rtt.p50))
        text += fmt::format("rtt median = {} ms\n", median);
    if (report.datagrams && numbers.jitter.value())
        text += fmt::format("jitter = {} ms, mean variation = {} ms\n",
                            milliseconds(numbers.jitter.value()),
                            milliseconds(numbers.jitter.mean_variation()));
    if (numbers.directions)
        text += to_text(*numbers.directions);
    text += ecn_to_text(numbers) + own_time_line(numbers);
    text += kernel_line(numbers.kernel) + lateness_lines(report);
    text += to_text(numbers.by_source_port, report.verbose, report.colored);
    for (const auto& [responder, count] : report.responders)
        text += fmt::format("{} from {}\n", counted(count, "reply", "replies"), responder);
    for (const auto& [error, count] : report.errors)
        text += fmt::format("error: {} ({})\n", to_text(error), counted(count, "time"));
    for (const Verdict& verdict : report.verdicts)
        text += fmt::format(
            "assert {}: {} ({})\n", verdict.expression,
            painted(report.colored, verdict.ok ? green : red, verdict.ok ? "ok" : "BROKEN"),
            verdict.shown);
    if (report.found_rate)
        text += to_text(*report.found_rate);
    if (report.under_load)
        text += to_text(*report.under_load, report);
    return net::wrapped(text, report.columns);
}

std::string_view to_text(stats::Phase phase) {
    switch (phase) {
        case stats::Phase::resolving: return "resolving";
        case stats::Phase::connecting: return "connecting";
        case stats::Phase::warming_up: return "warming up";
        case stats::Phase::measuring: return "measuring";
    }
    return {};
}

std::string to_interim_text(const MeasurementReport& report) {
    if (report.phase != stats::Phase::measuring)
        return fmt::format("{}: {}, nothing is measured yet\n", report.target,
                           to_text(report.phase));
    const Measurement& numbers = report.numbers;
    const Summary rtt = numbers.rtt.summary();
    std::string text =
        fmt::format("{}: after {:.3f} s: {}", report.target,
                    std::chrono::duration<double>(numbers.duration).count(), counts_line(report));
    text.pop_back();
    if (rtt.count > 0)
        text += fmt::format(
            ", rtt min/mean/p50{}/max = {}/{}/{}{}/{} ms",
            carries_percentile(rtt.count, 0.99) ? "/p99" : "", milliseconds(rtt.min),
            milliseconds(rtt.mean), milliseconds(rtt.p50),
            carries_percentile(rtt.count, 0.99) ? '/' + milliseconds(rtt.p99) : std::string(),
            milliseconds(rtt.max));
    if (numbers.directions)
        text += to_interim_text(*numbers.directions);
    return text + '\n';
}

namespace {

void add_counts(const MeasurementReport& report, Json& json) {
    const Measurement& numbers = report.numbers;
    json.set("sent", numbers.sent).set("received", numbers.received).set("lost", numbers.lost);
    json.set("pending", numbers.pending).set("unsent", numbers.unsent);
    const auto if_distinguishable = [&](auto value) {
        return numbers.distinguishable ? Json(std::move(value)) : Json();
    };
    if (report.datagrams)
        json.set("late", if_distinguishable(numbers.late))
            .set("duplicated", if_distinguishable(numbers.duplicated))
            .set("reordered", if_distinguishable(numbers.reordered))
            .set("corrupted", numbers.mismatched)
            .set("foreign", numbers.foreign)
            .set("lost_on_path", numbers.lost_on_path())
            .set("lost_in_own_buffer", numbers.lost_in_own_buffer())
            .set("lost_undelivered", numbers.undelivered)
            .set("lost_numbers", if_distinguishable(lost_numbers_array(numbers.lost_numbers)))
            .set("lost_numbers_unlisted", if_distinguishable(numbers.lost_numbers.unlisted()))
            .set("lost_corrupted", numbers.spoiled)
            .set("misdirected", numbers.misdirected)
            .set("distinguishable", numbers.distinguishable);
    else
        json.set("mismatched", numbers.mismatched)
            .set("surplus_bytes", numbers.surplus_bytes)
            .set("late", numbers.late);
}

void add_outages(const MeasurementReport& report, Json& json) {
    const stats::Outages& outages = report.numbers.outages;
    const auto last = report.last_reply();
    json.set("up", outages.is_up())
        .set("longest_outage_ns", outages.longest(report.numbers.duration).count())
        .set("last_reply", last ? Json(net::format_rfc3339(*last)) : Json())
        .set("resolve_failures", report.numbers.resolve_failures);
}

}  // namespace

Json to_json(const stats::Tally& errors) {
    Json list = Json::array();
    for (const auto& [error, count] : errors)
        list.push(error_object(error.symbol, error.code, error.message)
                      .set("phase", error.phase.empty() ? Json() : Json(error.phase))
                      .set("count", count));
    return list;
}

Json to_json(const MeasurementReport& report, std::string_view event_name) {
    Json json = event(report.tool, event_name, report.started);
    json.set("target", report.target)
        .set("address", report.address.empty() ? Json() : Json(report.address))
        .set("mode", report.numbers.open_loop ? "open" : "closed");
    if (event_name == "interim")
        json.set("phase", to_text(report.phase));
    add_measurement(report, json);
    if (report.found_rate)
        add_found_rate(*report.found_rate, json);
    if (report.under_load)
        add_under_load(*report.under_load, report, json);
    return json;
}

void add_measurement(const MeasurementReport& report, Json& json) {
    const Measurement& numbers = report.numbers;
    add_counts(report, json);
    json.set("sent_bytes", numbers.sent_bytes).set("received_bytes", numbers.received_bytes);
    json.set("duration_ns", numbers.duration.count()).set("rate_per_s", numbers.rate_per_s());
    add_outages(report, json);
    json.set("rtt", series_object(numbers.rtt.summary()));
    if (report.datagrams)
        json.set("jitter_ns", nanoseconds(numbers.jitter.value()))
            .set("mean_variation_ns", nanoseconds(numbers.jitter.mean_variation()))
            .set("own_stack_mean_ns", nanoseconds(numbers.own_time.summary().mean))
            .set("own_stack_share", numbers.own_share());
    else
        json.set("connect", series_object(numbers.connect.summary()));
    if (numbers.kernel.connections > 0)
        json.set("tcp_info", kernel_object(numbers.kernel));
    if (numbers.directions)
        add_directions(*numbers.directions, json);
    if (report.datagrams)
        json.set(
            "ecn_arrived",
            Json::object()
                .set("there",
                     numbers.directions ? to_json(numbers.directions->ecn_counts_there) : Json())
                .set("back", to_json(numbers.ecn_counts_back)));
    if (numbers.by_source_port.size() > 1)
        json.set("by_source_port", to_json(numbers.by_source_port));
    json.set("slip", series_object(numbers.slip.summary()));
    json.set("missed_slots", numbers.missed_slots);
    json.set("unread", series_object(numbers.unread.summary()));
    json.set("client_late", numbers.is_client_late());
    json.set("errors", to_json(report.errors));
    if (!report.responders.empty()) {
        Json responders = Json::array();
        for (const auto& [responder, count] : report.responders)
            responders.push(Json::object().set("address", responder).set("replies", count));
        json.set("responders", std::move(responders));
    }
    Json asserts = Json::array();
    for (const Verdict& verdict : report.verdicts)
        asserts.push(to_json(verdict));
    json.set("asserts", std::move(asserts));
}

std::string to_text(const ReplyLine& reply) {
    std::string text = fmt::format("{} from {}", counted(reply.bytes, "byte"), reply.from);
    if (reply.sequence)
        text += fmt::format(": seq={}", *reply.sequence);
    if (reply.rtt)
        text += fmt::format(" time={} ms", milliseconds(reply.rtt));
    if (!reply.objection.empty())
        text += fmt::format("{} {}", reply.sequence ? "" : ":", reply.objection);
    return text;
}

std::string to_hgrm(const stats::Series& series) {
    const auto in_ms = [](std::chrono::nanoseconds time) {
        return static_cast<double>(time.count()) / 1e6;
    };
    const auto buckets = series.histogram().buckets();
    const double total = static_cast<double>(series.histogram().count());
    const Summary summary = series.summary();
    std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
    std::uint64_t so_far = 0;
    for (const auto& bucket : buckets) {
        so_far += bucket.count;
        const bool last = so_far == series.histogram().count();
        const double share = static_cast<double>(so_far) / total;
        const double value =
            last ? in_ms(*summary.max) : in_ms(bucket.high - std::chrono::nanoseconds(1));
        text += fmt::format("{:12.6f} {:2.12f} {:10d}", value, share, so_far);
        text += last ? "\n" : fmt::format(" {:14.2f}\n", 1 / (1 - share));
    }
    const auto time = [&](const Time& value) { return value ? in_ms(*value) : 0; };
    // HdrHistogram divides by the number of samples, not by one less.
    const double of_all = std::sqrt(1 - 1 / std::max(total, 1.0));
    text += fmt::format("#[Mean    = {:12.6f}, StdDeviation   = {:12.6f}]\n", time(summary.mean),
                        time(summary.deviation) * of_all);
    text += fmt::format("#[Max     = {:12.6f}, Total count    = {:12d}]\n", time(summary.max),
                        summary.count);
    text += fmt::format("#[Buckets = {:12d}, SubBuckets     = {:12d}]\n", 32, 2048);
    return text;
}

}  // namespace sockbox::report

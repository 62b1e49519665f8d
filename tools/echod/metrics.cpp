// Converts echod's counters to metrics.
#include "tools/echod/metrics.h"

namespace sockbox::tools {
namespace {

using report::MetricFamily;
using report::MetricKind;

double number(const serve::Counter& counter) {
    return static_cast<double>(counter.value());
}

void add_connections(MetricFamilies& families, const serve::Counters& counters,
                     std::string_view engine) {
    const report::MetricLabels by_engine{{"engine", std::string(engine)}};
    families.push_back({"echod_connections_accepted",
                        MetricKind::counter,
                        {},
                        "TCP connections served.",
                        {{by_engine, number(counters.accepted)}},
                        {}});
    families.push_back({"echod_connections_open",
                        MetricKind::gauge,
                        {},
                        "TCP connections currently open.",
                        {{by_engine, number(counters.open)}},
                        {}});
    MetricFamily ended{"echod_connections_ended",
                       MetricKind::counter,
                       {},
                       "TCP connections that have ended, by reason.",
                       {},
                       {}};
    for (std::size_t i = 0; i < counters.ended.size(); ++i)
        ended.values.push_back(
            {{{"engine", std::string(engine)}, {"outcome", std::string(serve::end_reasons[i])}},
             number(counters.ended[i])});
    families.push_back(std::move(ended));
    MetricFamily refused{"echod_connections_refused",
                         MetricKind::counter,
                         {},
                         "TCP connections refused, by reason.",
                         {},
                         {}};
    for (std::size_t i = 0; i < counters.refused.size(); ++i)
        refused.values.push_back(
            {{{"reason", std::string(serve::refusal_reasons[i])}}, number(counters.refused[i])});
    families.push_back(std::move(refused));
}

MetricFamily durations(const serve::DurationHistogram& durations, std::string_view engine) {
    static const report::MetricBounds bounds(serve::DurationHistogram::bounds);
    report::MetricHistogram histogram{
        {{"engine", std::string(engine)}}, bounds, {}, number(durations.sum_ns) / 1e9};
    for (const serve::Counter& count : durations.counts)
        histogram.counts.push_back(count.value());
    return {"echod_connection_duration_seconds",
            MetricKind::histogram,
            "seconds",
            "Duration of TCP connections that have ended.",
            {},
            {std::move(histogram)}};
}

}  // namespace

MetricFamilies echod_metrics(const serve::Counters& counters, std::string_view engine) {
    MetricFamilies families;
    add_connections(families, counters, engine);
    families.push_back(durations(counters.durations, engine));
    families.push_back(single_metric("echod_accept_failures", MetricKind::counter, {},
                                     "Connections that could not be accepted.",
                                     number(counters.accept_failures)));
    families.push_back(single_metric("echod_received_bytes", MetricKind::counter, "bytes",
                                     "Bytes received from TCP clients.",
                                     number(counters.received_bytes)));
    families.push_back(single_metric("echod_sent_bytes", MetricKind::counter, "bytes",
                                     "Bytes sent back to TCP clients.",
                                     number(counters.sent_bytes)));
    families.push_back(
        single_metric("echod_unsent_bytes", MetricKind::counter, "bytes",
                      "Bytes that TCP clients had not taken when their connections ended.",
                      number(counters.unsent_bytes)));
    add_datagram_metrics(families, "echod_", counters.datagrams);
    return families;
}

}  // namespace sockbox::tools

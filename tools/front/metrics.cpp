// The option --metrics, and metrics that several commands export.
#include "tools/front/metrics.h"

#include "net/resolver.h"
#include "report/json.h"
#include "report/page/metrics_page.h"

namespace sockbox::tools {
namespace {

using report::MetricFormat;
using report::MetricKind;

// Parses "[ADDR:]PORT". The default address is the loopback, so that metrics are not exposed to the
// network by accident.
net::Result<net::Endpoint> parse_where(std::string_view text) {
    const auto parts = net::split_listen_address(text);
    if (!parts)
        return net::fail(parts.error());
    const auto port = net::resolve_port(parts->port, net::Transport::tcp);
    if (!port)
        return net::fail(port.error());
    if (parts->host.empty())
        return net::Endpoint::loopback(net::Family::ipv4, *port);
    return net::Endpoint::parse(parts->host, *port);
}

}  // namespace

void MetricsOption::declare(Cli& cli) {
    cli.option("--metrics", "[ADDR:]PORT", "serve metrics over HTTP (default address 127.0.0.1)",
               [this](std::string_view text) -> net::Status {
                   const auto parsed = parse_where(text);
                   if (!parsed)
                       return net::fail(parsed.error());
                   where_ = *parsed;
                   return {};
               });
}

net::Result<std::optional<serve::StatusEndpoint>> MetricsOption::open(
    std::function<MetricFamilies()> collect, std::function<bool()> healthy,
    std::function<std::string()> page) const {
    if (!where_)
        return std::nullopt;
    serve::StatusPages pages;
    pages.healthy = std::move(healthy);
    pages.page = std::move(page);
    pages.metrics = [collect = std::move(collect)](bool open_metrics) -> serve::StatusPages::Text {
        const auto format = open_metrics ? MetricFormat::open_metrics : MetricFormat::classic;
        return {report::content_type(format), report::format_pieces(collect(), format)};
    };
    auto endpoint = serve::StatusEndpoint::open(*where_, std::move(pages));
    if (!endpoint)
        return net::fail(endpoint.error());
    return std::optional(std::move(*endpoint));
}

net::Result<std::optional<serve::StatusEndpoint>> MetricsOption::open(
    std::string_view tool, const std::function<MetricFamilies()>& collect,
    std::function<bool()> healthy) const {
    return open(collect, std::move(healthy), [collect, title = std::string(tool)] {
        return report::to_metrics_page(title, collect());
    });
}

void announce_metrics(const serve::StatusEndpoint& endpoint, std::string_view tool, bool json,
                      Io io) {
    const auto local = endpoint.socket().local();
    if (!local)
        return;
    if (json)
        io.out.write(report::event(tool, "listening")
                         .set("address", local->address())
                         .set("port", static_cast<int>(local->port()))
                         .set("protocol", "http")
                         .set("path", "/metrics")
                         .to_string() +
                     '\n');
    else
        io.out.print("listening on {} (http, /metrics)\n", local->to_string());
}

report::MetricFamily single_metric(std::string name, MetricKind kind, std::string_view unit,
                                   std::string_view help, double value) {
    return {std::move(name), kind, unit, help, {{{}, value}}, {}};
}

void add_datagram_metrics(MetricFamilies& families, const std::string& prefix,
                          const serve::DatagramCounters& counters) {
    const auto count = [](const serve::Counter& counter) {
        return static_cast<double>(counter.value());
    };
    families.push_back(single_metric(prefix + "datagrams_received", MetricKind::counter, {},
                                     "Datagrams that arrived.", count(counters.received)));
    families.push_back(single_metric(prefix + "datagrams_received_bytes", MetricKind::counter,
                                     "bytes", "Payload of the datagrams that arrived.",
                                     count(counters.received_bytes)));
    families.push_back(single_metric(prefix + "datagrams_answered", MetricKind::counter, {},
                                     "Datagrams that were echoed.", count(counters.answered)));
    report::MetricFamily dropped{prefix + "datagrams_dropped",
                                 MetricKind::counter,
                                 {},
                                 "Datagrams that were not echoed, by reason.",
                                 {},
                                 {}};
    const auto add = [&](std::string reason, const serve::Counter& counter) {
        dropped.values.push_back({{{"reason", std::move(reason)}}, count(counter)});
    };
    add("source_port", counters.dropped_port);
    add("own_port", counters.dropped_own);
    add("source_address", counters.dropped_source);
    add("destination", counters.dropped_destination);
    add("truncated", counters.dropped_truncated);
    add("denied", counters.dropped_denied);
    add("rate", counters.dropped_rate);
    add("form", counters.dropped_form);
    add("integrity", counters.dropped_integrity);
    add("fault", counters.dropped_fault);
    add("send_failed", counters.unsent);
    add("receive_buffer_full", counters.overflowed);
    families.push_back(std::move(dropped));
}

}  // namespace sockbox::tools

// Formats and writes the lines of echod's log.
#include "tools/echod/log.h"

#include "report/color.h"
#include "report/counted.h"
#include "report/json.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/front/command.h"
#include "tools/server/server.h"

namespace sockbox::tools {
namespace {

using tools::to_json;

constexpr std::string_view tool = "echod";

std::string_view reason_of(const serve::ConnectionReport& report) {
    return serve::end_reasons[static_cast<std::size_t>(report.reason)];
}

std::string to_json(const serve::ConnectionReport& report) {
    report::Json line = report::event(tool, "connection");
    const auto bytes = [&](std::uint64_t number) {
        return report.counts_bytes ? report::Json(number) : report::Json();
    };
    line.set("peer", report.peer.unmapped().to_string())
        .set("received_bytes", bytes(report.received_bytes))
        .set("sent_bytes", bytes(report.sent_bytes))
        .set("unsent_bytes", bytes(report.unsent_bytes))
        .set("duration_ns", report.duration.count())
        .set("reason", reason_of(report));
    if (report.error)
        line.set("error", to_json({report.error, {}, {}, {}, {}}));
    return line.to_string() + '\n';
}

std::string to_text(const serve::ConnectionReport& report, bool colored) {
    const std::string error = report.error ? ": " + report.error.message() : std::string();
    const std::string_view color = serve::is_broken(report.reason) ? report::red : report::green;
    std::string bytes;
    if (report.counts_bytes)
        bytes = fmt::format(", {} received, {} sent",
                            report::counted(report.received_bytes, "byte"), report.sent_bytes);
    if (report.unsent_bytes > 0)
        bytes += fmt::format(", {} unsent", report.unsent_bytes);
    return fmt::format("{}: {}: {}{}{}, {}\n", tool, report.peer.unmapped().to_string(),
                       report::painted(colored, color, reason_of(report)), error, bytes,
                       net::format_approximately(report.duration));
}

std::string to_json(const serve::Counters& counters) {
    report::Json ended = report::Json::object();
    for (std::size_t i = 0; i < counters.ended.size(); ++i)
        ended.set(serve::end_reasons[i], counters.ended[i].value());
    report::Json refused = report::Json::object();
    for (std::size_t i = 0; i < counters.refused.size(); ++i)
        refused.set(serve::refusal_reasons[i], counters.refused[i].value());
    return report::event(tool, "status")
               .set("accepted", counters.accepted.value())
               .set("open", counters.open.value())
               .set("ended", std::move(ended))
               .set("refused", std::move(refused))
               .set("accept_failures", counters.accept_failures.value())
               .set("received_bytes", counters.received_bytes.value())
               .set("sent_bytes", counters.sent_bytes.value())
               .set("unsent_bytes", counters.unsent_bytes.value())
               .set("datagrams", set_counts(report::Json::object(), counters.datagrams))
               .to_string() +
           '\n';
}

std::string to_text(const serve::Counters& counters) {
    const serve::DatagramCounters& udp = counters.datagrams;
    return fmt::format(
        "{} accepted, {} open, {} refused, {} received, {} sent; "
        "{} received, {} answered, {} dropped, {} unsent, {} overflowed",
        report::counted(counters.accepted.value(), "connection"), counters.open.value(),
        counters.refusals(), report::counted(counters.received_bytes.value(), "byte"),
        counters.sent_bytes.value(), report::counted(udp.received.value(), "datagram"),
        udp.answered.value(), udp.dropped(), udp.unsent.value(), udp.overflowed.value());
}

// Drops a line if memory runs out, so that no client is lost because of the log.
template <class Tell>
void unless_out_of_memory(const Tell& tell) {
    try {
        tell();
    } catch (const std::bad_alloc&) {
    }
}

}  // namespace

EchodLog::EchodLog(Output& output, Format format, bool verbose, bool colored)
    : writer_(output,
              [this](std::uint64_t dropped) {
                  return to_line(report::counted(dropped, "line") +
                                 " of this log dropped: it was "
                                 "not read");
              }),
      format_(format),
      verbose_(verbose),
      colored_(colored) {}

void EchodLog::opened(const net::Endpoint& peer) {
    if (!verbose_ || format_ != Format::text)
        return;
    unless_out_of_memory([&] {
        writer_.write(fmt::format("{}: {}: connected\n", tool, peer.unmapped().to_string()));
    });
}

void EchodLog::ended(const serve::ConnectionReport& report) {
    if (!verbose_)
        return;
    unless_out_of_memory([&] {
        writer_.write(format_ == Format::json ? to_json(report) : to_text(report, colored_));
    });
}

void EchodLog::trouble(const net::Error& error) {
    unless_out_of_memory([&] { note(error.message()); });
}

void EchodLog::ready() {
    ready_ = true;
    if (act_on_ready_)
        act_on_ready_();
}

void EchodLog::drain_began() {
    if (act_on_drain_)
        act_on_drain_();
}

std::string EchodLog::to_line(std::string_view text) const {
    return format_ == Format::json
               ? report::event(tool, "log").set("message", text).to_string() + '\n'
               : fmt::format("{}: {}\n", tool,
                             report::painted(colored_, report::yellow, net::escape(text)));
}

void EchodLog::note(std::string_view text) {
    writer_.write(to_line(text));
}

void EchodLog::status(const serve::Counters& counters) {
    unless_out_of_memory([&] {
        writer_.write(format_ == Format::json ? to_json(counters)
                                              : fmt::format("{}: {}\n", tool, to_text(counters)));
    });
}

void EchodLog::aborted(const serve::Counters& counters) {
    if (counters.aborted() > 0)
        note(fmt::format("{} aborted, {} unsent", report::counted(counters.aborted(), "connection"),
                         report::counted(counters.unsent_bytes.value(), "byte")));
}

}  // namespace sockbox::tools

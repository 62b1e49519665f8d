// The messages, the JSON and the exit status for a transfer, and its progress line.
#include "tools/echo/outcome.h"

#include <algorithm>

#include "net/input.h"
#include "report/counted.h"
#include "system/platform.h"
#include "text/units.h"
#include "tools/client/client.h"

namespace sockbox::tools {
namespace {

std::string words_of_surplus(const probe::PipeOutcome& outcome) {
    return fmt::format("{}, at offset {}",
                       report::counted(outcome.surplus_bytes, "byte that was never sent",
                                       "bytes that were never sent"),
                       outcome.received_bytes - outcome.surplus_bytes);
}

}  // namespace

net::Error explain(const probe::PipeOutcome& outcome, const std::string& peer,
                   std::chrono::nanoseconds timeout) {
    using End = probe::PipeEnd;
    const std::string counts =
        fmt::format("{} sent and {} received", report::counted(outcome.sent_bytes, "byte"),
                    outcome.received_bytes);
    const std::string limit = net::format_duration(timeout);
    const auto on_receiving = [&](std::string words, std::error_code code = {}) {
        return net::Error{code, "receive from", peer, std::move(words), {}};
    };
    const auto on_exchange = [&](std::string words, std::error_code code) {
        return net::Error{code, "exchange with", peer, std::move(words), {}};
    };
    switch (outcome.end) {
        case End::complete:
        case End::sink_full: return {};
        case End::unclosed:
            return on_receiving(
                "everything came back, but the server did not close the connection within " +
                limit);
        case End::different: return on_receiving(to_text(*outcome.difference));
        case End::surplus: return on_receiving(words_of_surplus(outcome));
        case End::closed_early:
            return on_receiving("the server closed the connection after " + counts);
        case End::timed_out:
            return on_receiving(fmt::format("no data for {} after {}", limit, counts),
                                net::platform::error_of(std::errc::timed_out));
        case End::broken:
            return on_exchange(fmt::format("{} after {}", outcome.error.message(), counts),
                               outcome.error);
        case End::input_failed: return {outcome.error, "read", "standard input", {}, {}};
        case End::stopped:
            return on_exchange("interrupted after " + counts,
                               net::platform::error_of(std::errc::operation_canceled));
    }
    return {};
}

void add_outcome(const probe::PipeOutcome& outcome, const net::Error& error, report::Json& json) {
    json.set("sent_bytes", outcome.sent_bytes)
        .set("received_bytes", outcome.received_bytes)
        .set("duration_ns", outcome.duration.count());
    if (outcome.difference)
        json.set("difference",
                 report::Json::object()
                     .set("offset", outcome.difference->offset)
                     .set("expected", std::to_integer<unsigned>(outcome.difference->expected))
                     .set("got", std::to_integer<unsigned>(outcome.difference->got)));
    if (outcome.end == probe::PipeEnd::unclosed)
        json.set("note", error.detail);
    else if (!error.action.empty())
        json.set("error", to_json(error));
}

int status_of(probe::PipeEnd end) {
    switch (end) {
        case probe::PipeEnd::complete:
        case probe::PipeEnd::unclosed:
        case probe::PipeEnd::sink_full: return exit_ok;
        case probe::PipeEnd::input_failed: return exit_output;
        case probe::PipeEnd::stopped: return status_of_interrupt();
        default: return exit_mismatch;
    }
}

using Seconds = std::chrono::duration<double>;

PipeProgress::PipeProgress(Io io, bool wanted)
    : line_(io.err, wanted && !io.out.is_terminal() && !net::platform::is_terminal(io.in)),
      total_(net::bytes_left(io.in)) {}

net::Deadline PipeProgress::look(std::uint64_t received_bytes) {
    const auto now = net::Clock::now();
    if (now < line_.due())
        return line_.due();
    const auto rate_since = [&](net::Clock::time_point from, std::uint64_t bytes) {
        const double seconds = std::max(Seconds(now - from).count(), 1e-9);
        return static_cast<double>(received_bytes - bytes) / seconds;
    };
    const double rate = rate_since(drawn_at_, drawn_bytes_);
    const double mean = rate_since(begin_, 0);  // for a steady estimate of the time left
    std::string done = net::format_bytes(received_bytes);
    std::string left;
    // A file may grow while it is read.
    if (total_ && received_bytes <= *total_) {
        done += " of " + net::format_bytes(*total_);
        const Seconds rest(static_cast<double>(*total_ - received_bytes) / mean);
        if (rest < std::chrono::years(1))
            left = net::format_approximately(
                       std::chrono::duration_cast<std::chrono::nanoseconds>(rest)) +
                   " left";
    }
    drawn_at_ = now;
    drawn_bytes_ = received_bytes;
    line_.draw({done, net::format_bytes(static_cast<std::uint64_t>(rate)) + "/s",
                net::format_approximately(now - begin_), left});
    return line_.due();
}

}  // namespace sockbox::tools

// Printing showip's results and notes, and its exit status.
#include "tools/showip/display.h"

#include <algorithm>
#include <utility>

#include "report/counted.h"
#include "system/resolver_error.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/showip/views.h"

namespace sockbox::tools {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view tool = "showip";

// The exit status for a failed lookup. An invalid host name, or hints that the resolver refuses,
// are usage errors.
int status_of_lookup(const net::Error& error) {
    if (error.code.category() == std::generic_category())
        return exit_usage;
    if (error.code.category() != net::resolver_category())
        return exit_refused;
    switch (error.code.value()) {
        case EAI_BADFLAGS:
        case EAI_FAMILY:
        case EAI_SOCKTYPE: return exit_usage;
        case EAI_MEMORY: return exit_refused;
        default: return exit_unresolved;
    }
}

}  // namespace

ShowipDisplay::ShowipDisplay(const ShowipStyle& style, Io io) : style_(style), io_(io) {
    if (style.stats)
        keep_times();
}

void ShowipDisplay::keep_times() {
    if (!times_)
        times_.emplace();
}

void ShowipDisplay::show(const probe::Lookup& lookup) {
    if (times_)
        times_->record(lookup.elapsed);
    if (style_.common.json)
        io_.out.write(to_json(lookup));
    if (style_.sources > 0)
        return show_source(lookup);
    if (lookup.answer && !style_.common.json)
        io_.out.write(render(lookup));
    if (!lookup.answer) {
        ++failures_;
        io_.out.flush();  // keeps both streams in order on a terminal
        print_error(io_, tool, showip_failure(lookup));
        status_ = std::max(status_, status_of_lookup(lookup.answer.error()));
        if (!style_.common.quiet)
            remark(lookup);
        return;
    }
    if (!style_.common.quiet)
        remark(lookup);
    complain_unconnected(lookup);
}

// Reports an error if connecting was tried and failed for all addresses.
void ShowipDisplay::complain_unconnected(const probe::Lookup& lookup) {
    if (lookup.preferred || lookup.details.empty() || !lookup.details.front().connect)
        return;
    net::Error error = *lookup.details.front().connect->error;
    const net::Endpoint& first = lookup.answer->addresses.front().endpoint;
    error.action = "connect";
    error.subject = first.to_string();
    if (lookup.details.size() > 1) {
        error.subject = fmt::format("{}:{}", net::escape(lookup.question.host), first.port());
        error.detail = fmt::format("could not connect to any address; the first: {}",
                                   error.detail.empty() ? error.code.message() : error.detail);
    }
    complain(error);
}

// Prints the answer of one source. The lookup of the host has failed if no source has an answer.
void ShowipDisplay::show_source(const probe::Lookup& lookup) {
    if (sources_shown_ == 0) {
        source_answered_ = false;
        if (!style_.common.json)
            io_.out.write((first_ ? "" : "\n") +
                          showip_source_heading(lookup, style_.common.colored(io_.out)));
        first_ = false;
    }
    if (!style_.common.json)
        io_.out.write(showip_source_line(lookup));
    source_answered_ = source_answered_ || lookup.answer.has_value();
    failures_ += lookup.answer ? 0 : 1;
    if (++sources_shown_ < style_.sources)
        return;
    sources_shown_ = 0;
    if (source_answered_)
        return;
    io_.out.flush();
    print_error(io_, tool, showip_failure(lookup));
    status_ = std::max(status_, status_of_lookup(lookup.answer.error()));
}

void ShowipDisplay::remark(const probe::Lookup& lookup) {
    if (!style_.common.json)
        for (const std::string& remark : probe::remarks_on(lookup))
            io_.err.print("{}: note: {}\n", tool, remark);
    if (style_.common.verbose && lookup.answer)
        io_.err.print("{}: {}: {} in {}\n", tool, probe::subject_of(lookup.question),
                      report::counted(lookup.answer->addresses.size(), "node"),
                      net::format_approximately(lookup.elapsed));
}

void ShowipDisplay::again(const probe::Lookup& lookup) const {
    const std::string reason =
        lookup.answer ? "could not connect to any address" : showip_failure(lookup).detail;
    io_.err.print("{}: {}: {}; trying again\n", tool, probe::subject_of(lookup.question), reason);
}

void ShowipDisplay::fail(const net::Error& error) {
    if (style_.common.json) {
        probe::Lookup nothing;
        nothing.answer = net::fail(error);
        io_.out.write(to_json(nothing));
    }
    complain(error);
}

void ShowipDisplay::complain(const net::Error& error) {
    io_.out.flush();
    print_error(io_, tool, error);
    status_ = std::max<int>(status_, exit_refused);
}

void ShowipDisplay::note_interrupt() noexcept {
    status_ = status_of_interrupt();
}

void ShowipDisplay::end() {
    if (!style_.stats)
        return;
    const stats::Summary summary = times_->summary();
    io_.out.write(style_.common.json ? stats_to_json(summary, failures_)
                                     : (first_ ? "" : "\n") + stats_to_text(summary, failures_));
}

std::vector<std::string> ShowipDisplay::so_far(nanoseconds elapsed, std::size_t total,
                                               std::optional<net::Deadline> until) const {
    const stats::Summary times = times_->summary();
    const double rate =
        static_cast<double>(times.count) / std::chrono::duration<double>(elapsed).count();
    std::vector<std::string> pieces{total > 0 ? fmt::format("{}/{}", times.count, total)
                                              : report::counted(times.count, "lookup"),
                                    net::format_approximately(elapsed),
                                    fmt::format("{:.{}f}/s", rate, rate < 100 ? 1 : 0)};
    if (times.count > 0)
        pieces.insert(pieces.end(), {fmt::format("p50 {}", net::format_approximately(*times.p50)),
                                     fmt::format("p99 {}", net::format_approximately(*times.p99))});
    std::optional<nanoseconds> left;
    if (until)
        left = std::max(*until - net::Clock::now(), nanoseconds(0));
    else if (times.count > 0 && total > times.count)
        left = elapsed / times.count * (total - times.count);
    if (left)
        pieces.push_back(net::format_approximately(*left) + " left");
    return pieces;
}

std::string ShowipDisplay::render(const probe::Lookup& lookup) {
    const bool first = std::exchange(first_, false);
    if (style_.short_form || (style_.common.quiet && !style_.long_form))
        return to_short_text(lookup);
    const bool emphasis = style_.common.colored(io_.out);
    return (first ? "" : "\n") +
           (style_.long_form ? to_long_text(lookup, emphasis) : tools::to_text(lookup, emphasis));
}

}  // namespace sockbox::tools

// Finds and prints the idle timeout.
#include "tools/echo/idle.h"

#include <mutex>

#include "report/counted.h"
#include "report/page/idle_page.h"
#include "report/version.h"
#include "text/time.h"
#include "text/units.h"
#include "tools/front/progress.h"

namespace sockbox::tools {
namespace {

using namespace std::chrono_literals;

// More than load balancers and NAT gateways of clouds usually allow (4 to 10 minutes).
constexpr std::chrono::nanoseconds default_max = 15min;
constexpr std::chrono::nanoseconds min_max = 1s;
constexpr std::chrono::nanoseconds max_max = 31 * 24h;
constexpr std::size_t max_connections = 256;

std::string_view to_text(probe::IdleEnd end) {
    switch (end) {
        case probe::IdleEnd::silence: return "silence";
        case probe::IdleEnd::reset: return "reset";
        case probe::IdleEnd::close: return "close";
    }
    return {};
}

report::Json json_of(const std::optional<probe::IdleEnd>& end) {
    return end ? report::Json(to_text(*end)) : report::Json();
}

report::Json json_of(const std::optional<std::chrono::nanoseconds>& time) {
    return time ? report::Json(time->count()) : report::Json();
}

std::string_view effect(probe::IdleEnd end) {
    switch (end) {
        case probe::IdleEnd::silence: return "nothing comes back";
        case probe::IdleEnd::reset: return "the connection is reset";
        case probe::IdleEnd::close: return "the other end has closed the connection";
    }
    return {};
}

std::vector<std::string> pieces(const probe::IdleProgress& progress, const std::string& target,
                                std::chrono::nanoseconds elapsed) {
    std::vector<std::string> shown{"finding the idle timeout to " + target};
    if (progress.found.survived)
        shown.push_back(net::format_span(*progress.found.survived) + " survived");
    if (progress.found.ended)
        shown.push_back(net::format_span(*progress.found.ended) + " not");
    shown.push_back(net::format_approximately(elapsed));
    const auto left = progress.round_ends - net::Clock::now();
    if (left > 0s)
        shown.push_back(fmt::format("round {}: at most {} left", progress.round,
                                    net::format_approximately(left)));
    return shown;
}

}  // namespace

void IdleFinder::declare(Cli& cli) {
    cli.group(help::modes);
    cli.optional("--find-idle", "MAX", "find how long a connection may be silent (up to 15m)",
                 [this](std::string_view text) -> net::Status {
                     max_ = default_max;
                     if (text.empty())
                         return {};
                     const auto max = net::parse_duration(text);
                     if (!max)
                         return net::fail(max.error());
                     if (*max < min_max || *max > max_max)
                         return net::fail_text(fmt::format(
                             "'{}' is out of range: expected {} to {}", text,
                             net::format_duration(min_max), net::format_duration(max_max)));
                     max_ = *max;
                     return {};
                 })
        .completed_by(usual_completion("DURATION"));
}

std::string IdleFinder::mistake(const Cli& cli, std::size_t connections) const {
    if (std::string mistake = cli.exclusion(
            "find-idle", {"count",    "time",         "interval",      "size",
                          "rate",     "find-rate",    "load",          "threads",
                          "warmup",   "spin",         "assert",        "target",
                          "targets",  "skip-self",    "resolve-every", "report-interval",
                          "metrics",  "metrics-file", "no-sandbox",    "plot",
                          "hgrm",     "reconnect",    "tcp-info",      "source-port",
                          "no-verify"});
        !mistake.empty())
        return mistake;
    if (client_.has_message())
        return "--find-idle takes no MESSAGE";
    if (client_.timeout && client_.timeout->count() == 0)
        return "--timeout must be more than 0s";
    if (connections > max_connections)
        return fmt::format("--find-idle uses at most {} connections", max_connections);
    return {};
}

int IdleFinder::run(const Target& target, const net::Endpoint& server, probe::IdleOptions options,
                    const net::StopSignal& stop) {
    const auto begin = net::Clock::now();
    std::mutex mutex;  // guards `progress`
    probe::IdleProgress progress;
    options.max = *max_;
    options.observe = [&](const probe::IdleProgress& now) {
        if (client_.common.verbose)
            report_step(now);
        const std::lock_guard lock(mutex);
        progress = now;
    };
    const auto found = [&] {
        const bool is_shown = !client_.common.quiet && !client_.common.verbose;
        const ElapsedLine line(io_.err, is_shown, [&](std::chrono::nanoseconds elapsed) {
            const std::lock_guard lock(mutex);
            return pieces(progress, target.text, elapsed);
        });
        return probe::find_idle_timeout(server, options, stop);
    }();
    const bool is_known = found.timeout.survived || found.timeout.ended;
    if (client_.common.json)
        io_.out.print("{}\n",
                      json(found, target.text, server, net::Clock::now() - begin).to_string());
    else if (is_known)
        print(found, target.text);
    if (!found.failure.action.empty()) {
        print_error(io_, client_.tool, found.failure);
        return conclude(found, target.text, server, found.connected ? exit_mismatch : exit_refused);
    }
    if (is_known)
        return conclude(found, target.text, server, exit_ok);
    print_error(io_, client_.tool,
                {{}, "find the idle timeout to", server.to_string(), "interrupted", {}});
    return conclude(found, target.text, server, status_of_interrupt());
}

void IdleFinder::report_step(const probe::IdleProgress& progress) const {
    if (!progress.latest)
        io_.err.print("{}: round {}: {}, up to {} of silence\n", client_.tool, progress.round,
                      report::counted(progress.connections, "connection"),
                      net::format_span(progress.longest));
    else if (!progress.latest->ended_by)
        io_.err.print("{}: {} of silence: survived\n", client_.tool,
                      net::format_span(progress.latest->length));
    else
        io_.err.print("{}: {} of silence: {}\n", client_.tool,
                      net::format_span(progress.latest->length),
                      effect(*progress.latest->ended_by));
}

std::vector<std::string> IdleFinder::answer(const probe::IdleFound& found,
                                            const std::string& target) const {
    const probe::IdleTimeout& timeout = found.timeout;
    const bool is_early = found.interrupted || !found.failure.action.empty();
    const std::string up_to =
        is_early ? net::format_span(timeout.survived.value_or(0s)) : net::format_duration(*max_);
    if (!timeout.timeout)
        return {fmt::format("idle timeout to {}: none up to {}{}", target, up_to,
                            is_early ? ", when the search was interrupted" : "")};
    std::vector<std::string> lines{
        fmt::format("idle timeout to {}: {}{}", target, net::format_span(*timeout.timeout),
                    is_early ? " or less, because the search was interrupted" : "")};
    if (timeout.survived)
        lines.push_back(fmt::format("after {} of silence, a message is echoed",
                                    net::format_span(*timeout.survived)));
    lines.push_back(fmt::format("after {} of silence, {}", net::format_span(*timeout.ended),
                                effect(*timeout.ended_by)));
    if (found.acknowledged && timeout.ended_by == probe::IdleEnd::silence)
        lines.emplace_back("but the other end acknowledges the message: it is a proxy");
    if (timeout.outlived)
        lines.push_back(fmt::format("the timeout varies: one connection survived {}",
                                    net::format_span(*timeout.outlived)));
    return lines;
}

void IdleFinder::print(const probe::IdleFound& found, const std::string& target) const {
    if (client_.common.quiet) {
        const auto& timeout = found.timeout.timeout;
        io_.out.print("{}\n", timeout ? net::format_span(*timeout) : "none");
        return;
    }
    std::string_view indent;
    for (const std::string& line : answer(found, target)) {
        io_.out.print("{}{}\n", indent, line);
        indent = "  ";
    }
}

int IdleFinder::conclude(const probe::IdleFound& found, const std::string& target,
                         const net::Endpoint& server, int status) const {
    const auto make_page = [&] {
        report::IdlePage page{std::string(client_.tool), target, answer(found, target)};
        for (const probe::Silence& silence : found.silences)
            page.silences.push_back(
                {silence.round, silence.length, !silence.ended_by,
                 std::string(silence.ended_by ? effect(*silence.ended_by) : "survived")});
        page.parameters = {{"started", net::format_utc(client_.started)},
                           {"address", server.to_string()},
                           {"longest silence tried", net::format_duration(*max_)},
                           {"timeout", net::format_duration(client_.reply_timeout())},
                           {"sockbox", std::string(report::version)}};
        return report::to_html(page);
    };
    return results_.write_page(make_page, status);
}

report::Json IdleFinder::json(const probe::IdleFound& found, const std::string& target,
                              const net::Endpoint& server,
                              std::chrono::nanoseconds duration) const {
    auto silences = report::Json::array();
    for (const probe::Silence& silence : found.silences)
        silences.push(report::Json::object()
                          .set("round", silence.round)
                          .set("silence_ns", silence.length.count())
                          .set("ended_by", json_of(silence.ended_by)));
    auto json = client_.result({target, server});
    json.set("idle_timeout_ns", json_of(found.timeout.timeout))
        .set("ended_by", json_of(found.timeout.ended_by))
        .set("survived_ns", json_of(found.timeout.survived))
        .set("ended_ns", json_of(found.timeout.ended))
        .set("outlived_ns", json_of(found.timeout.outlived))
        .set("max_ns", max_->count())
        .set("acknowledged", found.acknowledged)
        .set("interrupted", found.interrupted)
        .set("rounds", found.rounds)
        .set("connections", found.connections)
        .set("silences", std::move(silences))
        .set("duration_ns", duration.count());
    if (!found.failure.action.empty())
        json.set("error", to_json(found.failure));
    return json;
}

}  // namespace sockbox::tools

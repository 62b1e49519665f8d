// The progress line and interim reports.
#include "tools/client/watch.h"

#include <algorithm>

#include "report/times.h"
#include "text/units.h"

namespace sockbox::tools {

using namespace std::chrono_literals;

void print_interim(Output& out, const report::MeasurementReport& report, bool json) {
    out.write(json ? report::to_json(report, "interim").to_string() + '\n'
                   : report::to_interim_text(report));
    out.flush();
}

void Watch::run() {
    while (!runs_.wait_until(std::min(schedule_.next_look(), line_.due()))) {
        print_lines();
        if (schedule_.is_due())
            print_interim_reports();
        if (net::Clock::now() >= line_.due())
            draw_line();
    }
    print_lines();
    line_.erase();
}

void Watch::print_lines() {
    const std::string lines = look_();
    if (lines.empty())
        return;
    line_.erase();
    io_.err.write(lines);
}

void Watch::print_interim_reports() {
    line_.erase();
    runs_.visit_all([&](const Runs::Run& run, probe::Measured measured) {
        print_interim(io_.out, report_of_(run, std::move(measured)), options_.json);
    });
    if (options_.on_report)
        options_.on_report();
    if (io_.out.error())
        stop_.raise();  // no one would see the rest
}

void Watch::draw_line() {
    probe::Measured all;
    auto phase = stats::Phase::measuring;
    runs_.visit_all([&](const Runs::Run&, const probe::Measured& one) {
        phase = std::min(phase, one.phase);
        all.merge(one);
    });
    const auto now = net::Clock::now();
    const stats::Measurement& numbers = all.numbers;
    const double rate = static_cast<double>(numbers.received - drawn_received_) /
                        std::chrono::duration<double>(now - drawn_at_).count();
    drawn_at_ = now;
    drawn_received_ = numbers.received;
    const stats::Summary rtt = numbers.rtt.summary();
    std::vector<std::string> pieces{done(numbers, now - begin_), options_.part};
    if (options_.count > 0)
        pieces.push_back(net::format_approximately(now - begin_));
    if (phase != stats::Phase::measuring)
        pieces.emplace_back(report::to_text(phase));
    else
        pieces.push_back(fmt::format("{:.{}f}/s", rate, rate < 100 ? 1 : 0));
    if (rtt.count > 0)
        pieces.push_back(fmt::format("p50 {}", net::format_approximately(*rtt.p50)));
    if (report::carries_percentile(rtt.count, 0.99))
        pieces.push_back(fmt::format("p99 {}", net::format_approximately(*rtt.p99)));
    if (numbers.lost > 0)
        pieces.push_back(fmt::format("{} lost", numbers.lost));
    if (numbers.unsent > 0)
        pieces.push_back(fmt::format("{} not sent", numbers.unsent));
    if (numbers.pending > 0)
        pieces.push_back(fmt::format("{} pending", numbers.pending));
    pieces.push_back(left(numbers, now - begin_, rate));
    line_.draw(pieces);
}

std::string Watch::done(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed) const {
    if (options_.count > 0)
        return fmt::format("{}/{}", numbers.received + numbers.lost, options_.count);
    std::string so_long = net::format_approximately(elapsed);
    if (options_.time.count() == 0)
        return so_long;
    return fmt::format("{} of {}", so_long, net::format_duration(options_.time));
}

// The time left until the count is reached or the time is over, whichever comes first; empty if
// neither is known.
std::string Watch::left(const stats::Measurement& numbers, std::chrono::nanoseconds elapsed,
                        double rate) const {
    std::optional<std::chrono::nanoseconds> left;
    if (options_.time.count() > 0)
        left = std::max(options_.time - elapsed, 0ns);
    if (options_.count > 0 && rate > 0) {
        const std::uint64_t decided = std::min(numbers.received + numbers.lost, options_.count);
        const std::chrono::duration<double> by_count(static_cast<double>(options_.count - decided) /
                                                     rate);
        if (by_count < std::chrono::years(1) && (!left || by_count < *left))
            left = std::chrono::duration_cast<std::chrono::nanoseconds>(by_count);
    }
    return left ? net::format_approximately(*left) + " left" : "";
}

}  // namespace sockbox::tools

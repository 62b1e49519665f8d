// Lines and members of the results by local port.
#include "report/source_ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "report/color.h"
#include "report/counted.h"
#include "report/times.h"

namespace sockbox::report {
namespace {

using stats::PortNumbers;
using stats::PortVerdict;

constexpr std::size_t max_suspects = 16;

std::string chance_to_text(double chance) {
    return chance > 0 ? fmt::format("{:.2g}", chance) : "less than 1e-300";
}

// "lost 0 to 3 each, p50 0.041 to 0.058 ms"
std::string ranges(const stats::SourcePorts& ports) {
    stats::Spread lost;
    std::optional<std::chrono::nanoseconds> fastest;
    std::optional<std::chrono::nanoseconds> slowest;
    for (const auto& [port, numbers] : ports) {
        lost.record(numbers.lost);
        if (const auto p50 = numbers.rtt.summary().p50) {
            fastest = std::min(fastest.value_or(*p50), *p50);
            slowest = std::max(slowest.value_or(*p50), *p50);
        }
    }
    std::string text = lost.min == lost.max ? fmt::format("lost {} each", lost.max)
                                            : fmt::format("lost {} to {} each", lost.min, lost.max);
    if (fastest)
        text += fmt::format(", p50 {} to {} ms", milliseconds(fastest), milliseconds(slowest));
    return text;
}

}  // namespace

std::string port_range_to_text(const stats::SourcePorts& ports) {
    if (ports.size() == 1)
        return std::to_string(ports.begin()->first);
    return fmt::format("{}-{}", ports.begin()->first, ports.rbegin()->first);
}

std::string suspicion_to_text(std::uint16_t port, const PortNumbers& numbers,
                              const PortVerdict& verdict) {
    return fmt::format(
        "source port {} lost {} of {} ({:.3g}%), the others {:.3g}%; the probability that this is "
        "random "
        "is {}",
        port, numbers.lost, numbers.received + numbers.lost, numbers.loss() * 100,
        verdict.others_loss * 100, chance_to_text(verdict.chance));
}

std::string to_text(const stats::SourcePorts& ports, bool verbose, bool colored) {
    if (ports.size() < 2)
        return {};
    std::string text =
        fmt::format("source ports {}: {}\n", port_range_to_text(ports), ranges(ports));
    const auto verdicts = stats::judge(ports);
    auto verdict = verdicts.begin();
    std::size_t suspects = 0;
    for (const auto& [port, numbers] : ports) {
        if (verdict->is_suspect && ++suspects <= max_suspects)
            text += fmt::format("{} {}\n", painted(colored, red, "suspect:"),
                                suspicion_to_text(port, numbers, *verdict));
        ++verdict;
    }
    if (suspects > max_suspects)
        text += fmt::format("{} {} more\n", painted(colored, red, "suspect:"),
                            counted(suspects - max_suspects, "source port"));
    if (verbose)
        for (const auto& [port, numbers] : ports)
            text += fmt::format("source port {}: {} sent, {} lost, p50 {} ms\n", port, numbers.sent,
                                numbers.lost, milliseconds(numbers.rtt.summary().p50));
    return text;
}

Json to_json(const stats::SourcePorts& ports) {
    Json list = Json::array();
    const auto verdicts = stats::judge(ports);
    auto verdict = verdicts.begin();
    for (const auto& [port, numbers] : ports) {
        const auto p50 = numbers.rtt.summary().p50;
        list.push(Json::object()
                      .set("port", unsigned{port})
                      .set("sent", numbers.sent)
                      .set("lost", numbers.lost)
                      .set("p50_ns", p50 ? Json(p50->count()) : Json())
                      .set("suspect", verdict->is_suspect)
                      .set("chance", verdict->chance));
        ++verdict;
    }
    return list;
}

}  // namespace sockbox::report

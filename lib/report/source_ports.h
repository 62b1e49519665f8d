// The results of a measurement by local port, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "report/json.h"
#include "stats/source_ports.h"

namespace sockbox::report {

// "40017", or "40000-40063" for the lowest and the highest.
std::string port_range_to_text(const stats::SourcePorts& ports);

// What is said about a port that lost more than chance explains: "source port 40017 lost 20 of 100
// (20%), the others 0.015%; the probability that this is random is 5e-38".
std::string suspicion_to_text(std::uint16_t port, const stats::PortNumbers& numbers,
                              const stats::PortVerdict& verdict);

// Lines, each with its newline: a summary, and up to 16 suspect ports; every port if `verbose`.
// Empty for fewer than two ports.
std::string to_text(const stats::SourcePorts& ports, bool verbose, bool colored);

// The list "by_source_port".
Json to_json(const stats::SourcePorts& ports);

}  // namespace sockbox::report

// The output formats of showip, each a function of a lookup.
#pragma once

#include <string>

#include "probe/lookup/lookup.h"
#include "stats/summary.h"

namespace sockbox::tools {

// The default format: a heading, an empty line, and "  IPv4: ADDRESS" for each node. `emphasis`
// makes the heading bold. This and the next function require an answer, as does to_long_text().
std::string to_text(const probe::Lookup& lookup, bool emphasis);

// One address per line and nothing else.
std::string to_short_text(const probe::Lookup& lookup);

// With --by-source: the heading of a host, and a line with the answer and time of one source.
std::string showip_source_heading(const probe::Lookup& lookup, bool emphasis);
std::string showip_source_line(const probe::Lookup& lookup);

// Every field of every node, by number and symbol.
std::string to_long_text(const probe::Lookup& lookup, bool emphasis);

// One JSON object on one line, also for a failed lookup.
std::string to_json(const probe::Lookup& lookup);

// The number of lookups, how many of them failed, and how long they took.
std::string stats_to_text(const stats::Summary& times, std::uint64_t failures);
std::string stats_to_json(const stats::Summary& times, std::uint64_t failures);

// The error of a failed lookup, with the number of the resolver's error in its message.
net::Error showip_failure(const probe::Lookup& lookup);

}  // namespace sockbox::tools

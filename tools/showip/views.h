// What showip writes of a lookup: each form a function of the result.
#pragma once

#include <string>

#include "probe/lookup/lookup.h"
#include "stats/summary.h"

namespace sockbox::tools {

// The default: a heading, an empty line, "  IPv4: ADDRESS" for each node. `emphasis` makes the
// heading bold.
std::string showip_text(const probe::Lookup& lookup, bool emphasis);

// One address a line and nothing else.
std::string showip_short(const probe::Lookup& lookup);

// With --by-source: the heading of a host, and a line on what one source answered in what time.
std::string showip_source_heading(const probe::Lookup& lookup, bool emphasis);
std::string showip_source_line(const probe::Lookup& lookup);

// Every field of every node, by number and symbol.
std::string showip_long(const probe::Lookup& lookup, bool emphasis);

// One JSON object a line, of a failure too.
std::string showip_json(const probe::Lookup& lookup);

// How many lookups there were, how many failed, and how long they took.
std::string showip_stats_text(const stats::Summary& times, std::uint64_t failures);
std::string showip_stats_json(const stats::Summary& times, std::uint64_t failures);

// The words of a failed lookup with the resolver's number in them, for a diagnostic.
net::Error showip_failure(const probe::Lookup& lookup);

}  // namespace sockbox::tools

// Completes names and values of socket options, from the table and from the system's lists.
#include "option/candidates.h"

#include "net/interfaces.h"
#include "option/table.h"
#include "system/host.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

void add_names(Candidates& candidates, const OptionRow& row, std::string_view before) {
    for (const ValueName& name : native_names(row))
        candidates.push_back({std::string(before).append(name.name)});
}

void add_interfaces(Candidates& candidates) {
    for (std::string& name : interface_names())
        candidates.push_back({std::move(name), "interface"});
}

// The names that the system lists in the sysctl of an option such as TCP_CONGESTION.
void add_listed(Candidates& candidates, const OptionRow& row) {
    const std::string listed = read_sysctl(row.limit).value_or(std::string());
    for (const std::string_view name : split(listed, " \t\n"))
        if (!name.empty())
            candidates.push_back({std::string(name), std::string(row.limit)});
}

// The texts that parse_value() takes, of which `typed` is there already.
Candidates value_candidates(const OptionRow& row, std::string_view typed) {
    Candidates candidates;
    switch (row.type) {
        case ValueType::flag: return {{"on"}, {"off"}};
        case ValueType::linger:
            return {{"off", "close returns at once and sends the rest in the background"},
                    {"on,0", "close resets the connection"},
                    {"on,", "seconds that close waits for unsent data"}};
        case ValueType::duration: return duration_candidates(typed);
        case ValueType::choice: add_names(candidates, row, {}); break;
        case ValueType::mask:
            add_names(candidates, row, typed.substr(0, typed.find_last_of("|,") + 1));
            break;
        case ValueType::integer:
            candidates = row.unit == "bytes" ? size_candidates(typed)
                         : row.unit == "s" || row.unit == "ms" || row.unit == "us"
                             ? duration_candidates(typed)
                             : Candidates();
            add_names(candidates, row, {});
            break;
        case ValueType::text:
            if (row.part_of == SharedAnswer::device)
                add_interfaces(candidates);
            else if (!row.limit.empty())
                add_listed(candidates, row);
            break;
        case ValueType::interface_index:
        case ValueType::interface_index_be:
            add_interfaces(candidates);
            candidates.push_back({"none"});
            break;
        default: break;
    }
    return candidates;
}

}  // namespace

Candidates option_candidates() {
    Candidates candidates;
    for (const OptionRow& row : all_options())
        candidates.push_back({std::string(row.name), std::string(row.summary)});
    return candidates;
}

Candidates setting_candidates(std::string_view typed) {
    const std::size_t equals = typed.find('=');
    Candidates candidates;
    if (equals == typed.npos) {
        for (const OptionRow& row : all_options())
            if (writable(row) && native_number(row) != absent)
                candidates.push_back({std::string(row.name) + '=', std::string(row.summary)});
        return candidates;
    }
    const auto row = find_row(typed.substr(0, equals));
    if (row && writable(**row))
        candidates = value_candidates(**row, typed.substr(equals + 1));
    for (Candidate& candidate : candidates)
        candidate.text.insert(0, typed.substr(0, equals + 1));
    return candidates;
}

}  // namespace sockbox::net

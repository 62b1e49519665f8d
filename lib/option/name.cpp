// Looking options up by name, and what was perhaps meant.
#include "option/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "option/table.h"
#include "text/escape.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

struct Alias {
    std::string_view other;
    std::string_view name;
};
constexpr std::array<Alias, 9> aliases{{{"IPV6_ADD_MEMBERSHIP", "IPV6_JOIN_GROUP"},
                                        {"IPV6_DROP_MEMBERSHIP", "IPV6_LEAVE_GROUP"},
                                        {"IP_RECVRETOPTS", "IP_RETOPTS"},
                                        {"IP_ORIGDSTADDR", "IP_RECVORIGDSTADDR"},
                                        {"IPV6_ORIGDSTADDR", "IPV6_RECVORIGDSTADDR"},
                                        {"TCP_CM_INQ", "TCP_INQ"},
                                        {"TCP_KEEPALIVE", "TCP_KEEPIDLE"},
                                        {"UDP_SEND_MSG_SIZE", "UDP_SEGMENT"},
                                        {"SO_GET_FILTER", "SO_ATTACH_FILTER"}}};

std::string_view without_prefix(std::string_view name) {
    const std::size_t end = name.find('_');
    return end == name.npos ? name : name.substr(end + 1);
}

std::string_view own_name(std::string_view name) {
    for (const Alias& alias : aliases)
        if (equal_ignoring_case(alias.other, name))
            return alias.name;
    return name;
}

const OptionRow* row_named(std::string_view name) {
    for (const OptionRow& row : all_options())
        if (equal_ignoring_case(row.name, name))
            return &row;
    return nullptr;
}

std::vector<const OptionRow*> rows_without_prefix(std::string_view name) {
    std::vector<const OptionRow*> found;
    for (const OptionRow& row : all_options())
        if (equal_ignoring_case(without_prefix(row.name), name))
            found.push_back(&row);
    return found;
}

// How many letters are to be changed, added, left out or swapped with the next.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::iota(above.begin(), above.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> row(b.size() + 1, i);
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t change = above[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
            row[k] = std::min({change, above[k] + 1, row[k - 1] + 1});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = std::min(row[k], before[k - 2] + 1);
        }
        before = std::exchange(above, row);
    }
    return above[b.size()];
}

// The names that are closest, when they are close at all.
std::vector<std::string_view> similar_names(std::string_view name) {
    const std::string wanted = upper_case(name);
    std::size_t best = std::clamp<std::size_t>(wanted.size() / 3, 1, 3);
    std::vector<std::string_view> names;
    for (const OptionRow& row : all_options()) {
        const std::size_t apart =
            std::min(distance(wanted, row.name), distance(wanted, without_prefix(row.name)));
        if (apart > best)
            continue;
        if (apart < best)
            names.clear();
        best = apart;
        names.push_back(row.name);
    }
    return names;
}

tl::unexpected<Error> unknown_name(std::string_view name) {
    constexpr std::size_t longest_name = 64;  // no option's is half as long
    std::string text = fmt::format("'{}' is no socket option", escape(name));
    if (name.size() <= longest_name)
        if (const auto similar = similar_names(name); !similar.empty())
            text += fmt::format(": did you mean {}?", fmt::join(similar, " or "));
    return fail_text(text);
}

std::optional<int> parse_level(std::string_view text) {
    constexpr std::array<OptionLevel, 7> levels{
        OptionLevel::socket, OptionLevel::ip,      OptionLevel::ipv6, OptionLevel::tcp,
        OptionLevel::udp,    OptionLevel::udplite, OptionLevel::raw};
    for (const OptionLevel level : levels)
        if (equal_ignoring_case(without_prefix(level_name(level)), without_prefix(text)))
            return native_level(level);
    if (const auto number = parse_integer(text, 0, INT_MAX))
        return static_cast<int>(*number);
    return std::nullopt;
}

}  // namespace

Result<const OptionRow*> find_row(std::string_view name) {
    if (const OptionRow* row = row_named(own_name(name)))
        return row;
    const auto found = rows_without_prefix(name);
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        return unknown_name(name);
    std::vector<std::string_view> names;
    for (const OptionRow* row : found)
        names.push_back(row->name);
    return fail_text(fmt::format("'{}' is ambiguous: {}", escape(name), fmt::join(names, " or ")));
}

std::optional<LevelAndNumber> parse_level_and_number(std::string_view name) {
    const std::size_t colon = name.find(':');
    if (colon == name.npos)
        return std::nullopt;
    const auto level = parse_level(name.substr(0, colon));
    const auto number = parse_integer(name.substr(colon + 1), 0, INT_MAX);
    if (!level || !number)
        return std::nullopt;
    return LevelAndNumber{*level, static_cast<int>(*number)};
}

}  // namespace sockbox::net

// Compares values with what OptionRow::conflict permits.
#include "option/conflict.h"

#include <fmt/format.h>

#include <chrono>

namespace sockbox::net {
namespace {

// Whether the option has an effect with this value.
bool is_in_force(const OptionRow& row, const OptionValue& value) {
    if (const auto* flag = std::get_if<bool>(&value))
        return *flag;
    if (const auto* number = std::get_if<std::int64_t>(&value))
        return *number > row.conflict_above;
    if (const auto* linger = std::get_if<Linger>(&value))
        return linger->on && linger->seconds == 0;
    if (const auto* text = std::get_if<std::string>(&value))
        return !text->empty() && *text != "mptcp";  // the ULP of every Multipath TCP socket
    return true;
}

Status refuse(const OptionRow& row) {
    return fail_text(fmt::format("{} cannot be used here: {}", row.name, row.conflict));
}

}  // namespace

Status check_conflict(const Setting& setting) {
    const OptionRow& row = setting.option.row();
    return !row.conflict.empty() && is_in_force(row, setting.value) ? refuse(row) : Status();
}

Status check_conflicts(const Socket& socket) {
    for (const OptionRow& row : all_options()) {
        const Option option(row);
        if (row.conflict.empty() || !option.on_this_platform() ||
            row.type == ValueType::structure)  // which has no value that turns it off
            continue;
        if (const auto value = try_read(socket, option); value && is_in_force(row, *value))
            return refuse(row);
    }
    return {};
}

}  // namespace sockbox::net

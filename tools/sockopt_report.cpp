// Text and JSON of options and their values.
#include "tools/sockopt_report.h"

#include <fmt/format.h>

#include "net/escape.h"
#include "net/sysctl.h"
#include "net/text.h"

namespace sockbox::tools {
namespace {

using net::OptionRow;
using net::OptionValue;
using report::Json;

struct FieldJson {
    Json operator()(std::monostate) const { return {}; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(const std::string& value) const { return value; }
};

struct ValueJson {
    const OptionRow& row;

    Json operator()(bool value) const { return value; }
    Json operator()(std::chrono::nanoseconds value) const { return value.count(); }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const net::Bytes& value) const { return net::format_hex(value); }
    Json operator()(std::int64_t value) const {
        if (row.type == net::ValueType::choice)
            return value_name(row, value);
        if (row.type == net::ValueType::port_range)
            return format_value(row, value);
        if (row.type != net::ValueType::mask)
            return value;
        Json names = Json::array();
        for (const std::string& name : mask_names(row, value))
            names.push(name);
        return names;
    }
    Json operator()(const net::Linger& value) const {
        return Json::object().set("on", value.on).set("seconds", value.seconds);
    }
    Json operator()(const net::Fields& fields) const {
        Json members = Json::object();
        for (const net::Field& field : fields)
            members.set(field.name, std::visit(FieldJson(), field.value));
        return members;
    }
};

Json value_json(const OptionRow& row, const OptionValue& value) {
    return std::visit(ValueJson{row}, value);
}

Json value_json(const OptionRow& row, const std::optional<OptionValue>& value) {
    return value ? value_json(row, *value) : Json();
}

Json error_json(const net::Error& error) {
    return Json::object()
        .set("symbol", net::symbol(error.code))
        .set("code", error.code.value())
        .set("message", error.detail.empty() ? error.code.message() : error.detail);
}

Json unit_json(const OptionRow& row) {
    if (row.type == net::ValueType::duration)
        return "ns";
    return row.unit.empty() ? Json() : Json(row.unit);
}

// The members that name an option; a LEVEL:NUMBER has no type.
Json named_json(const net::Option& option) {
    return Json::object()
        .set("name", option.name())
        .set("level", option.row().name.empty() ? fmt::format("{}", option.level())
                                                : std::string(level_name(option.row().level)))
        .set("number", option.on_this_platform() ? Json(option.number()) : Json())
        .set("type", type_name(option.row().type));
}

std::string remark(const OptionValue& value) {
    const auto* linger = std::get_if<net::Linger>(&value);
    return linger != nullptr && linger->on && linger->seconds == 0 ? " (RST on close)" : "";
}

std::string change_text(const Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    const std::string name = outcome.option.name();
    const std::string asked = format_value(row, *outcome.asked);
    if (!outcome.value)
        return fmt::format("{}: set to {}", name, asked);
    std::string text =
        fmt::format("{}: {} -> {}", name,
                    outcome.before ? format_value(row, *outcome.before) : std::string("?"),
                    format_value(row, *outcome.value));
    if (!outcome.grant.reason.empty())
        text += fmt::format(" (asked {}; {})", asked, outcome.grant.reason);
    return text + remark(*outcome.value);
}

std::string numbers(const OptionRow& row) {
    std::string text;
    if (row.on_linux != net::absent)
        text = fmt::format("{} (Linux)", row.on_linux);
    if (row.on_windows != net::absent)
        text += fmt::format("{}0x{:x} (Windows)", text.empty() ? "" : ", ",
                            static_cast<unsigned>(row.on_windows));
    return text;
}

std::string sockets_text(const OptionRow& row) {
    if (row.sockets == net::kind_all)
        return row.level == net::OptionLevel::socket ? "all" : "all of its level";
    constexpr std::array<std::string_view, 7> names{"TCP",     "UDP",    "raw",  "UNIX",
                                                    "netlink", "packet", "other"};
    std::string text;
    for (std::size_t bit = 0; bit < names.size(); ++bit)
        if ((row.sockets >> bit & 1) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", names[bit]);
    return text;
}

std::string limit_text(const OptionRow& row) {
    const auto value = net::read_sysctl(row.limit);
    return value ? fmt::format("{} = {}", row.limit, *value) : std::string(row.limit);
}

void add_line(std::string& text, std::string_view what, std::string_view value) {
    if (!value.empty())
        text += fmt::format("  {:<10} {}\n", what, value);
}

}  // namespace

std::string text_of(const Outcome& outcome) {
    if (outcome.set)
        return change_text(outcome);
    if (outcome.value)
        return fmt::format("{} = {}{}", outcome.option.name(),
                           format_value(outcome.option.row(), *outcome.value),
                           remark(*outcome.value));
    net::Error error = outcome.value.error();
    error.action = outcome.option.name();
    error.subject.clear();
    return error.message();
}

std::string value_text_of(const Outcome& outcome) {
    return outcome.value ? format_value(outcome.option.row(), *outcome.value) : "-";
}

Json json_of(const Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    Json json = named_json(outcome.option);
    json.set("value", outcome.value ? value_json(row, *outcome.value) : Json());
    json.set("unit", unit_json(row));
    if (outcome.set) {
        json.set("before", value_json(row, outcome.before));
        json.set("asked", value_json(row, outcome.asked));
        json.set("granted", outcome.value ? value_json(row, *outcome.value) : Json());
        if (!outcome.grant.reason.empty())
            json.set("reason", outcome.grant.reason);
    }
    if (!outcome.value && !outcome.set)
        json.set("error", error_json(outcome.value.error()));
    return json;
}

std::string list_line(const OptionRow& row) {
    return fmt::format(
        "{:<30} {:<15} {:<13} {:<11} {}\n", row.name, level_name(row.level), type_name(row.type),
        row.access == net::Access::clears_on_read ? "read once" : access_name(row.access),
        row.says);
}

std::string explanation(const OptionRow& row) {
    std::string text = fmt::format("{}\n  {}\n\n", row.name, row.says);
    add_line(text, "level", fmt::format("{} ({})", level_name(row.level), linux_level(row.level)));
    add_line(text, "number", numbers(row));
    add_line(text, "type", type_name(row.type));
    add_line(text, "unit", row.unit);
    add_line(text, "values", writable(row) ? legal_values(row) : std::string());
    add_line(text, "access", access_name(row.access));
    add_line(text, "sockets", sockets_text(row));
    add_line(text, "platforms", platforms(row));
    if (!row.limit.empty())
        add_line(text, "limit", limit_text(row));
    add_line(text, "privilege", row.privilege);
    add_line(text, "grants", row.adjusts);
    add_line(text, "manual", row.source);
    return text;
}

Json json_of(const OptionRow& row) {
    const auto number = [](int n) { return n == net::absent ? Json() : Json(n); };
    const auto text = [](std::string_view t) { return t.empty() ? Json() : Json(t); };
    return Json::object()
        .set("name", row.name)
        .set("level", level_name(row.level))
        .set("linux_number", number(row.on_linux))
        .set("windows_number", number(row.on_windows))
        .set("type", type_name(row.type))
        .set("unit", unit_json(row))
        .set("values", text(legal_values(row)))
        .set("access", access_name(row.access))
        .set("sockets", sockets_text(row))
        .set("platforms", platforms(row))
        .set("limit", text(row.limit))
        .set("privilege", text(row.privilege))
        .set("source", row.source)
        .set("says", row.says);
}

}  // namespace sockbox::tools

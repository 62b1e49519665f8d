// Text and JSON of options and their values.
#include "tools/sockopt/report.h"

#include <fmt/format.h>

#include "option/packet_filter.h"
#include "text/text.h"

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

Json filter_json(std::string_view kind, const std::vector<std::string>& instructions) {
    Json list = Json::array();
    for (const std::string& instruction : instructions)
        list.push(instruction);
    return Json::object().set("kind", kind).set("instructions", std::move(list));
}

struct ValueJson {
    const OptionRow& row;

    Json operator()(bool value) const { return value; }
    Json operator()(std::chrono::nanoseconds value) const { return value.count(); }
    Json operator()(const std::string& value) const {
        return row.type == net::ValueType::filter ? filter_json(value, {}) : Json(value);
    }
    Json operator()(const net::Bytes& value) const {
        if (row.type != net::ValueType::filter)
            return net::format_hex(value);
        return filter_json(value.empty() ? "none" : "classic", net::disassemble(value));
    }
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

// The members that name an option; a LEVEL:NUMBER has no type.
Json named_json(const net::Option& option) {
    return Json::object()
        .set("name", option.name())
        .set("level", option.row().name.empty() ? fmt::format("{}", option.level())
                                                : std::string(level_name(option.row().level)))
        .set("number", option.on_this_platform() ? Json(option.number()) : Json())
        .set("type", type_name(option.row().type));
}

// Which interface an index means. Those of another network namespace have no names here.
std::string interface_remark(const Outcome& outcome, std::int64_t index) {
    const net::ValueType type = outcome.option.row().type;
    const bool is_interface =
        type == net::ValueType::interface_index || type == net::ValueType::interface_index_be;
    if (!is_interface || index == 0)
        return {};
    if (outcome.of_other_namespace)
        return " (an interface of its own network namespace)";
    const std::string name = net::interface_name(index);
    return name.empty() ? name : fmt::format(" ({})", name);
}

// What the value alone does not say.
std::string remark(const Outcome& outcome) {
    if (const auto* index = std::get_if<std::int64_t>(&*outcome.value))
        return interface_remark(outcome, *index);
    const auto* linger = std::get_if<net::Linger>(&*outcome.value);
    return linger != nullptr && linger->on && linger->seconds == 0 ? " (RST on close)" : "";
}

std::string reason_text(const Outcome& outcome) {
    net::Error error = outcome.value.error();
    error.action.clear();
    error.subject.clear();
    return error.message();
}

}  // namespace

Json json_of(const net::Error& error) {
    return Json::object()
        .set("symbol", net::symbol(error.code))
        .set("code", error.code.value())
        .set("message", error.detail.empty() ? error.code.message() : error.detail);
}

Json value_json(const OptionRow& row, const std::optional<OptionValue>& value) {
    return value ? std::visit(ValueJson{row}, *value) : Json();
}

Json unit_json(const OptionRow& row) {
    if (row.type == net::ValueType::duration)
        return "ns";
    return row.unit.empty() ? Json() : Json(row.unit);
}

std::string text_before(const net::Option& option, const std::optional<OptionValue>& before) {
    return before ? fmt::format("{}: {} -> ", option.name(), format_value(option.row(), *before))
                  : option.name() + ": ";
}

std::string text_after(const Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    if (outcome.failed())
        return "refused";
    const std::string asked = format_value(row, outcome.change->asked);
    if (!outcome.value)
        return "set to " + asked;
    std::string text = format_value(row, *outcome.value);
    if (!outcome.change->grant.reason.empty())
        text += fmt::format(" (asked {}; {})", asked, outcome.change->grant.reason);
    return text + remark(outcome);
}

void append_reading(std::string& text, const Outcome& outcome) {
    if (!outcome.value) {
        text.append(": ").append(reason_text(outcome));
        return;
    }
    text += " = ";
    append_value(text, outcome.option.row(), *outcome.value);
    text += remark(outcome);
}

std::string text_of(const Outcome& outcome) {
    if (outcome.change)
        return text_before(outcome.option, outcome.change->before) + text_after(outcome);
    std::string text = outcome.option.name();
    append_reading(text, outcome);
    return text;
}

std::string value_text_of(const Outcome& outcome) {
    return outcome.value ? format_value(outcome.option.row(), *outcome.value) : "-";
}

Json json_of(const Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    const Json value = outcome.value ? std::visit(ValueJson{row}, *outcome.value) : Json();
    Json json = named_json(outcome.option);
    json.set("value", value);
    json.set("unit", unit_json(row));
    if (outcome.compared)
        json.set("default", outcome.usual != nullptr ? value_json(row, *outcome.usual) : value);
    if (outcome.change) {
        json.set("before", value_json(row, outcome.change->before));
        json.set("asked", value_json(row, outcome.change->asked));
        json.set("granted", value);
        if (!outcome.change->grant.reason.empty())
            json.set("reason", outcome.change->grant.reason);
    }
    if (outcome.failed())
        json.set("error", json_of(outcome.value.error()));
    return json;
}

}  // namespace sockbox::tools

// The three output formats of sockopt: text, values only, and JSON.
#include "tools/sockopt/outcome_writer.h"

#include <fmt/format.h>

#include "net/interfaces.h"
#include "option/packet_filter.h"
#include "option/table.h"
#include "system/host.h"
#include "text/text.h"
#include "tools/front/command.h"

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

Json filter_to_json(std::string_view kind, const std::vector<std::string>& instructions) {
    Json list = Json::array();
    for (const std::string& instruction : instructions)
        list.push(instruction);
    return Json::object().set("kind", kind).set("instructions", std::move(list));
}

// The name of a field with its unit, as JSON numbers have it: "rtt_us", "snd_mss_bytes".
std::string name_with_unit(const net::Field& field) {
    std::string name(field.name);
    const bool counts_bytes = name.find("bytes") != name.npos;
    if (field.unit == "us" || field.unit == "ms")
        name.append("_").append(field.unit);
    else if (field.unit == "bytes" && !counts_bytes)
        name += "_bytes";
    else if (field.unit == "bytes/s")
        name += "_bytes_per_s";
    return name;
}

struct ValueJson {
    const OptionRow& row;

    Json operator()(bool value) const { return value; }
    Json operator()(std::chrono::nanoseconds value) const { return value.count(); }
    Json operator()(const std::string& value) const {
        return row.type == net::ValueType::filter ? filter_to_json(value, {}) : Json(value);
    }
    Json operator()(const net::Bytes& value) const {
        if (row.type != net::ValueType::filter)
            return net::format_hex(value);
        return filter_to_json(value.empty() ? "none" : "classic", net::disassemble(value));
    }
    Json operator()(std::int64_t value) const {
        if (row.type == net::ValueType::choice)
            return value_name(row, value);
        if (row.type == net::ValueType::port_range)
            return to_text(row, value);
        if (value_name(row, value) == "unlimited")
            return {};
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
            members.set(name_with_unit(field), std::visit(FieldJson(), field.value));
        return members;
    }
};

// The members that identify an option; one given as LEVEL:NUMBER has no type.
Json named_json(const net::Option& option) {
    return Json::object()
        .set("name", option.name())
        .set("level", option.row().name.empty() ? fmt::format("{}", option.level())
                                                : std::string(level_name(option.row().level)))
        .set("number", option.on_this_platform() ? Json(option.number()) : Json())
        .set("type", type_name(option.row().type));
}

// The name of the interface with this index. Interfaces of another network namespace cannot be
// named here.
std::string interface_remark(const net::Outcome& outcome, std::int64_t index) {
    const net::ValueType type = outcome.option.row().type;
    const bool is_interface =
        type == net::ValueType::interface_index || type == net::ValueType::interface_index_be;
    if (!is_interface || index == 0)
        return {};
    if (outcome.of_other_namespace)
        return " (an interface of its own network namespace)";
    const std::string name = net::interface_name(static_cast<std::uint32_t>(index));
    return name.empty() ? name : fmt::format(" ({})", name);
}

// Explains a value that is not obvious.
std::string remark(const net::Outcome& outcome) {
    if (const auto* index = std::get_if<std::int64_t>(&*outcome.value))
        return interface_remark(outcome, *index);
    const auto* linger = std::get_if<net::Linger>(&*outcome.value);
    return linger != nullptr && linger->on && linger->seconds == 0 ? " (RST on close)" : "";
}

// Why there is no value: by the option's nature it was not read, or the system refused.
void set_failure(Json& json, const net::Outcome& outcome) {
    const net::Error& error = outcome.value.error();
    const net::Access access = outcome.option.row().access;
    if (error.code)
        json.set("error", to_json(error));
    else if (access == net::Access::clears_on_read)
        json.set("unread", "clears on read");
    else
        json.set("unread", error.message());
}

std::string reason_to_text(const net::Outcome& outcome) {
    net::Error error = outcome.value.error();
    error.action.clear();
    error.subject.clear();
    return error.message();
}

}  // namespace

std::string heading(const net::FoundSocket& target) {
    std::string text;
    append_heading(text, target);
    return text;
}

void append_heading(std::string& text, const net::FoundSocket& target) {
    if (target.process)
        text.append(net::escape(target.process->name()))
            .append("[")
            .append(std::to_string(target.process->pid()))
            .append("] ");
    if (target.descriptor)
        text.append("fd ").append(std::to_string(*target.descriptor)).append(" ");
    const net::SocketKind& kind = target.facts.kind;
    const bool inet = kind.family == AF_INET || kind.family == AF_INET6;
    text += inet ? protocol_to_text(kind) : to_text(kind);
    text.append(" ").append(target.facts.state);
    if (!target.facts.local.empty())
        text.append(" ").append(target.facts.local);
    if (!target.facts.peer.empty())
        text.append(" -> ").append(target.facts.peer);
    if (target.user)
        text += fmt::format(" (of user {})", net::escape(net::user_name(*target.user)));
    if (target.facts.other_namespace != 0)
        text += " (in another network namespace)";
}

report::Json to_json(const net::FoundSocket& target) {
    const auto text = [](const std::string& t) { return t.empty() ? Json() : Json(t); };
    Json json = Json::object();
    json.set("pid", target.process ? Json(target.process->pid()) : Json());
    json.set("process", target.process ? Json(target.process->name()) : Json());
    json.set("fd", target.descriptor);
    json.set("family", family_to_text(target.facts.kind));
    json.set("type", type_to_text(target.facts.kind));
    json.set("protocol", protocol_to_text(target.facts.kind));
    json.set("state", target.facts.state);
    json.set("local", text(target.facts.local)).set("peer", text(target.facts.peer));
    if (target.user)
        json.set("user", net::user_name(*target.user));
    if (target.facts.other_namespace != 0)
        json.set("other_namespace", true);
    return json;
}

Json value_to_json(const OptionRow& row, const std::optional<OptionValue>& value) {
    return value ? std::visit(ValueJson{row}, *value) : Json();
}

Json unit_to_json(const OptionRow& row) {
    if (row.type == net::ValueType::duration)
        return "ns";
    return row.unit.empty() ? Json() : Json(row.unit);
}

std::string text_before(const net::Option& option, const std::optional<OptionValue>& before) {
    return before ? fmt::format("{}: {} -> ", option.name(), to_text(option.row(), *before))
                  : option.name() + ": ";
}

std::string text_after(const net::Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    if (outcome.failed())
        return "refused";
    const std::string asked = to_text(row, outcome.change->asked);
    if (!outcome.value)
        return "set to " + asked;
    std::string text = to_text(row, *outcome.value);
    if (!outcome.change->grant.reason.empty())
        text += fmt::format(" (asked {}; {})", asked, outcome.change->grant.reason);
    return text + remark(outcome);
}

void append_reading(std::string& text, const net::Outcome& outcome) {
    if (!outcome.value) {
        text.append(": ").append(reason_to_text(outcome));
        return;
    }
    text += " = ";
    append_text(text, outcome.option.row(), *outcome.value);
    text += remark(outcome);
}

std::string to_text(const net::Outcome& outcome) {
    std::string text;
    append_text(text, outcome);
    return text;
}

void append_text(std::string& text, const net::Outcome& outcome) {
    if (outcome.change) {
        text.append(text_before(outcome.option, outcome.change->before))
            .append(text_after(outcome));
        return;
    }
    text += outcome.option.name();
    append_reading(text, outcome);
}

std::string value_to_text(const net::Outcome& outcome) {
    return outcome.value ? to_text(outcome.option.row(), *outcome.value) : "-";
}

Json to_json(const net::Outcome& outcome) {
    const OptionRow& row = outcome.option.row();
    const Json value = outcome.value ? std::visit(ValueJson{row}, *outcome.value) : Json();
    Json json = named_json(outcome.option);
    json.set("value", value);
    json.set("unit", unit_to_json(row));
    if (outcome.compared)
        json.set("default", outcome.usual != nullptr ? value_to_json(row, *outcome.usual) : value);
    if (outcome.change) {
        json.set("before", value_to_json(row, outcome.change->before));
        json.set("asked", value_to_json(row, outcome.change->asked));
        json.set("granted", value);
        if (!outcome.change->grant.reason.empty())
            json.set("reason", outcome.change->grant.reason);
    }
    if (outcome.no_effect)
        json.set("no_effect", true);
    if (outcome.failed())
        set_failure(json, outcome);
    return json;
}

namespace {

constexpr std::string_view tool = "sockopt";

// The columns of a table: where names begin and end, and where a list of fields wraps.
constexpr std::size_t name_column = 2;
constexpr std::size_t name_width = 25;
constexpr std::size_t line_width = 100;

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

class TextWriter : public OutcomeWriter {
  public:
    TextWriter(const WriterOptions& options, Output& out)
        : options_(options), out_(out), written_(options.follows) {}

    void begin(const net::FoundSocket& target) override {
        heading_.clear();
        if (options_.heading)
            append_heading(heading_, target);
        level_ = {};
        if (options_.dump)
            add_heading();
    }

    void announce(const net::Option& option,
                  const std::optional<net::OptionValue>& before) override {
        add_heading();
        text_.append(indent()).append(text_before(option, before));
        write();
        out_.flush();
        announced_ = true;
    }

    void write(const net::Outcome& outcome) override {
        const bool announced = std::exchange(announced_, false);
        if (announced)
            text_ += text_after(outcome);
        else if (outcome.failed() && !options_.failures)
            return;  // failures of options requested by name go to standard error
        else if (options_.dump)
            add_row(outcome);
        else {
            add_heading();
            text_ += indent();
            append_text(text_, outcome);
        }
        text_ += '\n';
        add_buffer_story(outcome);
        if (announced) {
            write();
            out_.flush();
        }
    }

    void write_story(const std::vector<net::StoryLine>& story) override {
        add_heading();
        for (const net::StoryLine& line : story)
            text_.append(indent())
                .append(line.about)
                .append(": ")
                .append(line.summary)
                .append("\n");
    }

    void end() override { write(); }
    void refuse(const net::Error&) override { write(); }  // the heading has all that is known

  private:
    std::string_view indent() const { return options_.heading ? "  " : ""; }
    std::string_view color(std::string_view code) const { return options_.colored ? code : ""; }

    void add_heading() {
        if (heading_.empty())
            return;
        if (std::exchange(written_, true))
            text_ += '\n';
        text_.append(color(bold)).append(heading_).append(color(plain)).append("\n");
        heading_.clear();
    }

    void add_level(const net::Outcome& outcome) {
        const net::OptionLevel level = outcome.option.row().level;
        if (std::exchange(level_, level) != level)
            text_.append(indent()).append(level_name(level)).append("\n");
    }

    void add_row(const net::Outcome& outcome) {
        add_level(outcome);
        if (outcome.rendered == nullptr)
            return render_row(outcome);
        const std::size_t begin = text_.size();
        if (outcome.rendered->empty()) {
            render_row(outcome);
            outcome.rendered->assign(text_, begin);
        } else {
            text_ += *outcome.rendered;
        }
    }

    // "*     SO_KEEPALIVE = on (default off)", with the name aligned to the right.
    void render_row(const net::Outcome& outcome) {
        const bool changed = outcome.usual != nullptr;
        const std::string_view name = outcome.option.row().name;
        text_.append(color(changed ? bold : dim));
        text_.append(changed ? "*" : " ");
        text_.append(name_column + name_width - 1 - std::min(name.size(), name_width), ' ');
        text_ += name;
        const auto* fields = outcome.value ? std::get_if<net::Fields>(&*outcome.value) : nullptr;
        if (fields != nullptr)
            add_fields(*fields);
        else
            append_reading(text_, outcome);
        add_remarks(outcome, fields != nullptr);
        text_.append(color(plain));
    }

    void add_remarks(const net::Outcome& outcome, bool is_list) {
        if (outcome.usual != nullptr) {
            text_ += " (default ";
            append_text(text_, outcome.option.row(), *outcome.usual);
            text_ += ')';
        } else if (outcome.value && !writable(outcome.option.row()) && !is_list) {
            text_ += " (read-only)";
        }
        if (outcome.no_effect)
            text_ += " (no effect on this kind of socket)";
    }

    void add_fields(const net::Fields& fields) {
        constexpr std::size_t first = name_column + name_width + 3;
        text_ += " = ";
        std::size_t column = first;
        for (const net::Field& field : fields) {
            piece_.clear();
            append_text(piece_, field);
            if (&field != &fields.back())
                piece_ += ',';
            const bool breaks = column != first && column + piece_.size() + 1 > line_width;
            if (breaks)
                text_.append(1, '\n').append(first, ' ');
            else if (column != first)
                text_ += ' ';
            column = (breaks || column == first ? first : column + 1) + piece_.size();
            text_ += piece_;
        }
    }

    void add_buffer_story(const net::Outcome& outcome) {
        const std::string_view margin = options_.dump ? "                             " : "  ";
        for (const std::string& line : outcome.buffer_story)
            text_.append(indent()).append(margin).append(line).append("\n");
    }

    void write() {
        out_.write(text_);
        text_.clear();
    }

    const WriterOptions options_;
    Output& out_;
    std::string text_;
    std::string piece_;                      // one field of a list
    std::string heading_;                    // of this socket; empty once it is written
    std::optional<net::OptionLevel> level_;  // of the latest row
    bool written_;                           // an empty line separates the next socket
    bool announced_ = false;                 // announce() has begun the line
};

class ValueWriter : public OutcomeWriter {
  public:
    explicit ValueWriter(Output& out) : out_(out) {}

    void begin(const net::FoundSocket&) override {}
    void announce(const net::Option&, const std::optional<net::OptionValue>&) override {
        out_.flush();
    }
    void write(const net::Outcome& outcome) override {
        text_.append(value_to_text(outcome)).append("\n");
    }
    void end() override {
        out_.write(text_);
        text_.clear();
    }
    void refuse(const net::Error&) override {}

  private:
    Output& out_;
    std::string text_;
};

class JsonWriter : public OutcomeWriter {
  public:
    JsonWriter(std::string_view event, Output& out) : event_(event), out_(out) {}

    void begin(const net::FoundSocket& target) override {
        socket_ = to_json(target);
        outcomes_.clear();
        story_.clear();
    }

    void brought_up(const net::FoundSocket& target, const net::Status& up) override {
        socket_ = to_json(target);
        error_.clear();
        if (!up)
            error_ = fmt::format(R"(,"error":{},"address":{})", to_json(up.error()).to_string(),
                                 Json(up.error().subject).to_string());
    }

    void announce(const net::Option& option,
                  const std::optional<net::OptionValue>& before) override {
        out_.print("{}\n", report::event(tool, "setting")
                               .set("socket", socket_)
                               .set("name", option.name())
                               .set("before", value_to_json(option.row(), before))
                               .to_string());
        out_.flush();
    }

    void write(const net::Outcome& outcome) override {
        if (!outcomes_.empty())
            outcomes_ += ',';
        if (outcome.rendered == nullptr) {
            outcomes_ += to_json(outcome).to_string();
            return;
        }
        if (outcome.rendered->empty())
            *outcome.rendered = to_json(outcome).to_string();
        outcomes_ += *outcome.rendered;
    }

    void write_story(const std::vector<net::StoryLine>& story) override {
        Json lines = Json::array();
        for (const net::StoryLine& line : story) {
            Json json = Json::object().set("about", line.about).set("summary", line.summary);
            if (line.after)
                json.set("after_ns", line.after->count());
            if (line.value)
                json.set("value", *line.value);
            lines.push(std::move(json));
        }
        story_ = ",\"story\":" + lines.to_string();
    }

    // The list is assembled as text, because most options of thousands of sockets repeat earlier
    // ones, whose text is cached.
    void end() override {
        std::string text = report::event(tool, event_, std::chrono::system_clock::now())
                               .set("socket", std::move(socket_))
                               .to_string();
        text.pop_back();
        text.append(",\"options\":[")
            .append(outcomes_)
            .append("]")
            .append(story_)
            .append(error_)
            .append("}\n");
        out_.write(text);
    }

    void refuse(const net::Error& why) override {
        out_.print("{}\n", report::event(tool, event_, std::chrono::system_clock::now())
                               .set("socket", std::move(socket_))
                               .set("error", to_json(why))
                               .to_string());
    }

  private:
    const std::string_view event_;
    Output& out_;
    report::Json socket_;
    std::string error_;
    std::string outcomes_;  // the members of a list
    std::string story_;
};

}  // namespace

std::unique_ptr<OutcomeWriter> make_writer(const WriterOptions& options, Output& out) {
    if (options.json)
        return std::make_unique<JsonWriter>(options.event, out);
    if (options.values)
        return std::make_unique<ValueWriter>(out);
    return std::make_unique<TextWriter>(options, out);
}

}  // namespace sockbox::tools

// Events of watched sockets as text and JSON, and the choice between these and the table.
#include "tools/sockopt/watch_view.h"

#include <fmt/format.h>

#include "option/codec.h"
#include "text/text.h"
#include "text/time.h"
#include "tools/front/terminal.h"
#include "tools/sockopt/socket_job.h"
#include "tools/sockopt/watch_table.h"

namespace sockbox::tools {
namespace {

using net::SocketReading;
using net::ValueChange;
using report::Json;

constexpr std::string_view tool = "sockopt";

std::string value_to_text(const ValueChange& change, const std::optional<net::OptionValue>& value) {
    if (!value)
        return "-";
    if (change.row != nullptr)
        return to_text(*change.row, *value);
    if (const auto* number = std::get_if<std::int64_t>(&*value))
        return fmt::format("{}", *number);
    return std::get<std::string>(*value);
}

// A value that is not an option's is a number or a text.
Json value_to_json(const ValueChange& change, const std::optional<net::OptionValue>& value) {
    if (!value || change.row != nullptr)
        return change.row != nullptr ? tools::value_to_json(*change.row, value) : Json();
    if (const auto* number = std::get_if<std::int64_t>(&*value))
        return *number;
    return std::get<std::string>(*value);
}

Json unit_to_json(const ValueChange& change) {
    if (change.row != nullptr)
        return tools::unit_to_json(*change.row);
    return change.unit.empty() ? Json() : Json(change.unit);
}

const net::Option& tcp_info() {
    static const net::Option option = net::Option::find("TCP_INFO").value();
    return option;
}

net::OptionValue last_tcp_info(const SocketReading& socket) {
    return net::decode(tcp_info().row(), socket.target.facts.tcp_info);
}

// Text: a line for each event with its time, followed by one for each value.
class TextEvents : public WatchView {
  public:
    TextEvents(const WriterOptions& options, Output& out)
        : out_(out), results_(make_writer(options, out)) {}

    OutcomeWriter* results() override { return is_first_ ? results_.get() : nullptr; }
    void end() override { is_first_ = false; }

    void appeared(const SocketReading& socket) override {
        if (!is_first_)
            write("appeared", socket, {});
    }

    void changed(const SocketReading& socket, const std::vector<ValueChange>& changes) override {
        write("changed", socket, {});
        for (const ValueChange& change : changes)
            out_.print("  {}: {}\n", change.name, to_text(change));
    }

    void gone(const SocketReading& socket, bool seen) override {
        std::string totals;
        const net::OptionValue info = last_tcp_info(socket);
        if (const auto* fields = std::get_if<net::Fields>(&info))
            for (const net::Field& field : *fields)
                if (field.name == "bytes_sent" || field.name == "bytes_received" ||
                    field.name == "total_retrans") {
                    totals += totals.empty() ? ": " : ", ";
                    append_text(totals, field);
                }
        write(seen ? "gone" : "came and went", socket, totals);
    }

    // The diagnostic is enough.
    void lost_ends() override {}

  private:
    void write(std::string_view what, const SocketReading& socket, const std::string& rest) {
        constexpr std::size_t milliseconds_end = 23;  // 2026-01-31T12:00:00.000
        const std::string now = net::format_rfc3339(std::chrono::system_clock::now());
        out_.print("{}Z {}: {}{}\n", std::string_view(now).substr(0, milliseconds_end), what,
                   heading(socket.target), rest);
    }

    Output& out_;
    const std::unique_ptr<OutcomeWriter> results_;
    bool is_first_ = true;
};

class JsonEvents : public WatchView {
  public:
    JsonEvents(WriterOptions options, Output& out) : out_(out) {
        results_ = make_writer(options, out);
        options.event = "appeared";
        appeared_ = make_writer(options, out);
    }

    OutcomeWriter* results() override { return is_first_ ? results_.get() : appeared_.get(); }
    void end() override { is_first_ = false; }

    void appeared(const SocketReading&) override {}  // results() has written it

    void changed(const SocketReading& socket, const std::vector<ValueChange>& changes) override {
        const Json described = to_json(socket.target);
        for (const ValueChange& change : changes) {
            Json json = event("changed").set("socket", described).set("name", change.name);
            json.set("before", value_to_json(change, change.before));
            json.set("value", value_to_json(change, change.value));
            json.set("unit", unit_to_json(change));
            if (change.trend == net::Trend::counter)
                json.set("rate_per_s", change.per_second);
            write(json);
        }
    }

    void gone(const SocketReading& socket, bool seen) override {
        Json json = event("gone").set("socket", to_json(socket.target)).set("seen", seen);
        Json options = Json::array();
        if (!socket.target.facts.tcp_info.empty())
            options.push(to_json(net::Outcome{tcp_info(), last_tcp_info(socket), {}, {}}));
        write(json.set("options", std::move(options)));
    }

    void lost_ends() override { write(event("lost")); }

  private:
    static Json event(std::string_view name) {
        return report::event(tool, name, std::chrono::system_clock::now());
    }
    void write(const Json& json) { out_.print("{}\n", json.to_string()); }

    Output& out_;
    std::unique_ptr<OutcomeWriter> results_;
    std::unique_ptr<OutcomeWriter> appeared_;
    bool is_first_ = true;
};

}  // namespace

std::string to_text(const ValueChange& change) {
    std::string text = fmt::format("{} -> {}", value_to_text(change, change.before),
                                   value_to_text(change, change.value));
    if (change.row == nullptr && !change.unit.empty())
        text.append(" ").append(change.unit);
    if (change.per_second)
        text += fmt::format(" ({:.1f}/s)", *change.per_second);
    return text;
}

std::unique_ptr<WatchView> make_watch_view(const SockoptSettings& settings, bool dump, Io io) {
    WriterOptions options = writer_options(settings, dump, io.out);
    if (options.json)
        return std::make_unique<JsonEvents>(options, io.out);
    if (can_redraw(io.out.file()))
        return std::make_unique<WatchTable>(settings.interval, options.colored, io.out);
    return std::make_unique<TextEvents>(options, io.out);
}

}  // namespace sockbox::tools

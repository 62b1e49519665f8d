// The three ways in which sockopt tells.
#include "tools/sockopt/teller.h"

#include <fmt/format.h>

#include "option/table.h"
#include "tools/sockopt/report.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

// Of a table: where the "=" stands, and where a list of fields is broken.
constexpr std::size_t name_column = 2;
constexpr std::size_t name_width = 25;
constexpr std::size_t line_width = 100;

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

class TextTeller : public Teller {
  public:
    TextTeller(const TellOptions& options, Output& out)
        : options_(options), out_(out), told_(options.follows) {}

    void begin(const ChosenSocket& target) override {
        heading_ = options_.heading ? heading(target) : std::string();
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

    void tell(const Outcome& outcome) override {
        const bool announced = std::exchange(announced_, false);
        if (announced)
            text_ += text_after(outcome);
        else if (outcome.failed() && !options_.failures)
            return;  // of what was asked by name the failures are on stderr
        else if (options_.dump)
            add_row(outcome);
        else {
            add_heading();
            text_.append(indent()).append(text_of(outcome));
        }
        text_ += '\n';
        add_story(outcome);
        if (announced) {
            write();
            out_.flush();
        }
    }

    void end() override { write(); }
    void refuse(const net::Error&) override { write(); }  // its heading has all that is known

  private:
    std::string_view indent() const { return options_.heading ? "  " : ""; }
    std::string_view color(std::string_view code) const { return options_.colored ? code : ""; }

    void add_heading() {
        if (heading_.empty())
            return;
        if (std::exchange(told_, true))
            text_ += '\n';
        text_.append(color(bold)).append(heading_).append(color(plain)).append("\n");
        heading_.clear();
    }

    void add_level(const Outcome& outcome) {
        const net::OptionLevel level = outcome.option.row().level;
        if (std::exchange(level_, level) != level)
            text_.append(indent()).append(level_name(level)).append("\n");
    }

    void add_row(const Outcome& outcome) {
        add_level(outcome);
        if (outcome.told == nullptr)
            return render_row(outcome);
        const std::size_t begin = text_.size();
        if (outcome.told->empty()) {
            render_row(outcome);
            outcome.told->assign(text_, begin);
        } else {
            text_ += *outcome.told;
        }
    }

    // "*     SO_KEEPALIVE = on (default off)", the name flush with those above and below.
    void render_row(const Outcome& outcome) {
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

    void add_remarks(const Outcome& outcome, bool is_list) {
        if (outcome.usual != nullptr) {
            text_ += " (default ";
            append_value(text_, outcome.option.row(), *outcome.usual);
            text_ += ')';
        } else if (outcome.value && !writable(outcome.option.row()) && !is_list) {
            text_ += " (read-only)";
        }
    }

    void add_fields(const net::Fields& fields) {
        constexpr std::size_t first = name_column + name_width + 3;
        text_ += " = ";
        std::size_t column = first;
        for (const net::Field& field : fields) {
            piece_.clear();
            append_field(piece_, field);
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

    void add_story(const Outcome& outcome) {
        const std::string_view margin = options_.dump ? "                             " : "  ";
        for (const std::string& line : outcome.story)
            text_.append(indent()).append(margin).append(line).append("\n");
    }

    void write() {
        out_.write(text_);
        text_.clear();
    }

    const TellOptions options_;
    Output& out_;
    std::string text_;
    std::string piece_;                      // of a list
    std::string heading_;                    // of this socket, as long as it is not written
    std::optional<net::OptionLevel> level_;  // of the latest row
    bool told_;                              // a socket, so that the next one is set apart
    bool announced_ = false;                 // the line has begun
};

class ValueTeller : public Teller {
  public:
    explicit ValueTeller(Output& out) : out_(out) {}

    void begin(const ChosenSocket&) override {}
    void announce(const net::Option&, const std::optional<net::OptionValue>&) override {
        out_.flush();
    }
    void tell(const Outcome& outcome) override {
        text_.append(value_text_of(outcome)).append("\n");
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

class JsonTeller : public Teller {
  public:
    explicit JsonTeller(Output& out) : out_(out) {}

    void begin(const ChosenSocket& target) override {
        socket_ = json_of(target);
        outcomes_.clear();
    }

    void brought_up(const ChosenSocket& target, const net::Status& up) override {
        socket_ = json_of(target);
        error_ = up ? std::string() : ",\"error\":" + json_of(up.error()).to_string();
    }

    void announce(const net::Option& option,
                  const std::optional<net::OptionValue>& before) override {
        out_.print("{}\n", report::event(tool, "setting")
                               .set("socket", socket_)
                               .set("name", option.name())
                               .set("before", value_json(option.row(), before))
                               .to_string());
        out_.flush();
    }

    void tell(const Outcome& outcome) override {
        if (!outcomes_.empty())
            outcomes_ += ',';
        if (outcome.told == nullptr) {
            outcomes_ += json_of(outcome).to_string();
            return;
        }
        if (outcome.told->empty())
            *outcome.told = json_of(outcome).to_string();
        outcomes_ += *outcome.told;
    }

    // The list is text already: of thousands of sockets most options are told as before.
    void end() override {
        std::string text =
            report::event(tool, "result").set("socket", std::move(socket_)).to_string();
        text.pop_back();
        text.append(",\"options\":[").append(outcomes_).append("]").append(error_).append("}\n");
        out_.write(text);
    }

    void refuse(const net::Error& why) override {
        out_.print("{}\n", report::event(tool, "result")
                               .set("socket", std::move(socket_))
                               .set("error", json_of(why))
                               .to_string());
    }

  private:
    Output& out_;
    report::Json socket_;
    std::string error_;
    std::string outcomes_;  // the members of a list
};

}  // namespace

std::unique_ptr<Teller> make_teller(const TellOptions& options, Output& out) {
    if (options.json)
        return std::make_unique<JsonTeller>(out);
    if (options.values)
        return std::make_unique<ValueTeller>(out);
    return std::make_unique<TextTeller>(options, out);
}

}  // namespace sockbox::tools

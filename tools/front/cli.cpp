// The command-line parser, based on CLI11.
// No other file includes CLI11, because its headers take ten seconds to compile.
#include "tools/front/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "text/text.h"

namespace sockbox::tools {
namespace {

using net::escape;

constexpr std::size_t help_columns = 80;

// The option of that name: "-n", "--name".
std::string dashed(const std::string& name) {
    return (name.size() == 1 ? "-" : "--") + name;
}

struct Entry {
    std::string short_name;  // "-s"; may be empty
    std::string long_name;   // "--short"; likewise
    std::string help;
    std::string value_name;  // empty for a flag
    Take take;
    bool* flag = nullptr;
    std::size_t group = 0;
    bool is_rest = false;                                 // shown by `--help all` only
    bool is_optional = false;                             // its value may be left out
    std::function<bool(std::string_view)> is_value = {};  // of the next word, if it is optional
    Complete complete = {};                               // its value
    CLI::Option* native = nullptr;                        // null: no word mentions it

    // The name in messages.
    const std::string& name() const { return long_name.empty() ? short_name : long_name; }
    // How often it was given.
    std::size_t count() const { return native != nullptr ? native->count() : 0; }
};

// Whether a word may be one of the option's names, with or without a value, or contain its letter.
// May be true of another option's value.
bool may_mention(std::string_view word, const Entry& entry) {
    if (!word.starts_with('-'))
        return false;
    if (word.starts_with("--"))
        return !entry.long_name.empty() && word.substr(0, word.find('=')) == entry.long_name;
    return !entry.short_name.empty() && word.find(entry.short_name[1], 1) != word.npos;
}

// "-s, --short", or "    --short", aligned with the other long options.
std::string heading(const Entry& entry) {
    std::string text = entry.short_name.empty() ? "   " : entry.short_name;
    if (!entry.long_name.empty())
        text += (entry.short_name.empty() ? " " : ", ") + entry.long_name;
    if (!entry.value_name.empty())
        text += entry.is_optional ? "[=" + entry.value_name + "]" : " " + entry.value_name;
    return text;
}

// Breaks text into lines of at most `width` columns.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
            lines.emplace_back();
        if (!lines.back().empty())
            lines.back() += ' ';
        lines.back() += word;
    }
    return lines;
}

// Formats two columns; if the left text is too long, the right one begins on the next line.
std::string columns(std::string_view left, std::string_view right, std::size_t indent) {
    std::string text = fmt::format("  {}", left);
    bool first = text.size() + 2 <= indent;
    if (!first)
        text += '\n';
    for (const std::string& line : wrap(right, help_columns - indent)) {
        const std::size_t pad = first ? indent - text.size() : indent;
        text += std::string(pad, ' ') + line + '\n';
        first = false;
    }
    return text;
}

}  // namespace

bool Common::colored(const Output& output) const {
    if (color != Color::automatic)
        return color == Color::always;
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string_view(value != nullptr ? value : "");
    };
    return output.is_terminal() && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

struct Cli::State {
    CLI::App app;
    std::string tool;
    std::string call;  // how to start it from a shell
    std::string summary;
    std::vector<std::string> usage;
    std::vector<std::string> groups;
    std::size_t group = 0;  // of the options that are declared next
    bool is_rest = false;
    std::vector<Entry> entries;
    std::vector<std::pair<std::string, std::string>> examples;
    std::vector<std::string>* operands = nullptr;
    CompleteOperand complete_operand;
    bool runs_command = false;  // the words after "--"
    std::size_t least = 0;
    std::size_t most = 0;
    bool help = false;
    bool version = false;
    bool ipv4 = false;
    bool ipv6 = false;
    Common* common = nullptr;

    // What the words before the one to complete say about it.
    struct Position {
        const Entry* option = nullptr;  // whose value it is; null: of none
        bool after_dashes = false;
        std::vector<std::string> operands = {};  // before it
    };

    Entry& add(const std::string& spelling, std::string text);
    void register_mentioned(Args words);
    std::string help_text(bool all) const;
    std::string suggestion(std::string_view unknown) const;
    const Entry* find(std::string_view spelling) const;
    const Entry* find_taking_next(std::string_view word) const;
    Position position_after(Args words) const;
    std::string complete_option(std::string_view word) const;
    std::string complete(std::string_view word, Args before) const;
    net::Result<std::vector<std::string>> prepare(Args words) const;
    std::string mistake(const CLI::ParseError& error) const;
    net::Status apply();
    net::Status apply_common();
    net::Status take_operands(Args after_dashes);
};

Cli::Cli(std::string_view tool, std::string_view summary, std::vector<std::string> usage)
    : state_(std::make_unique<State>()) {
    state_->tool = tool;
    state_->call = tool;
    state_->summary = summary;
    state_->usage = std::move(usage);
    state_->app.set_help_flag();
    state_->app.allow_extras();
    state_->app.allow_windows_style_options(false);  // "/etc" is an operand everywhere
}

Cli::~Cli() = default;

Cli& Cli::group(std::string_view heading) {
    auto& groups = state_->groups;
    const auto found = std::find(groups.begin(), groups.end(), heading);
    state_->group = static_cast<std::size_t>(found - groups.begin());
    state_->is_rest = false;
    if (found == groups.end())
        groups.emplace_back(heading);
    return *this;
}

Cli& Cli::rest() {
    state_->is_rest = true;
    return *this;
}

// `spelling` is "-s", "--short" or "-s,--short"; `text` is for --help.
Entry& Cli::State::add(const std::string& spelling, std::string text) {
    if (groups.empty())
        groups.emplace_back("Options");
    const std::size_t comma = spelling.find(',');
    const bool is_short = !spelling.starts_with("--");
    Entry& entry = entries.emplace_back();
    if (is_short)
        entry.short_name = spelling.substr(0, comma);
    if (!is_short || comma != spelling.npos)
        entry.long_name = spelling.substr(is_short ? comma + 1 : 0);
    entry.help = std::move(text);
    entry.group = group;
    entry.is_rest = is_rest;
    return entry;
}

// CLI11 compares each new option with all others: a command with a hundred of them would spend most
// of its start on that. It learns only of those that the words mention.
void Cli::State::register_mentioned(Args words) {
    for (Entry& entry : entries) {
        if (std::ranges::none_of(words, [&](const auto& word) { return may_mention(word, entry); }))
            continue;
        std::string spelling = entry.short_name;
        if (!entry.long_name.empty())
            spelling += (spelling.empty() ? "" : ",") + entry.long_name;
        entry.native = entry.flag != nullptr ? app.add_flag(spelling)->disable_flag_override()
                                             : app.add_option(spelling)->expected(1);
        entry.native->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
}

Cli& Cli::flag(const std::string& spelling, std::string help, bool& target) {
    state_->add(spelling, std::move(help)).flag = &target;
    return *this;
}

Cli& Cli::option(const std::string& spelling, std::string value_name, std::string help, Take take) {
    Entry& entry = state_->add(spelling, std::move(help));
    entry.complete =
        take.choices.empty() ? usual_completion(value_name) : complete_with(take.choices);
    entry.value_name = std::move(value_name);
    entry.take = std::move(take);
    return *this;
}

Cli& Cli::repeated(const std::string& spelling, std::string value_name, std::string help,
                   Take take) {
    return option(spelling, std::move(value_name), std::move(help), std::move(take));
}

Cli& Cli::optional(const std::string& spelling, std::string value_name, std::string help, Take take,
                   std::function<bool(std::string_view)> is_value) {
    option(spelling, std::move(value_name), std::move(help), std::move(take));
    state_->entries.back().is_optional = true;
    state_->entries.back().is_value = std::move(is_value);
    return *this;
}

Cli& Cli::completed_by(Complete complete) {
    state_->entries.back().complete = std::move(complete);
    return *this;
}

Cli& Cli::common(Common& target) {
    state_->common = &target;
    group("General");
    flag("-4", "IPv4 only", state_->ipv4);
    flag("-6", "IPv6 only", state_->ipv6);
    flag("-j,--json", "one JSON object per line instead of text", target.json);
    flag("-q,--quiet", "only the result that a script needs", target.quiet);
    flag("-v,--verbose", "explain each step", target.verbose);
    rest().option("--color", "WHEN", "auto, always or never (default auto)",
                  take_choice({"auto", "always", "never"}, [&target](std::size_t index) {
                      target.color = static_cast<Color>(index);
                  }));
    return *this;
}

Cli& Cli::operands(std::vector<std::string>& target, std::size_t least, std::size_t most) {
    state_->operands = &target;
    state_->least = least;
    state_->most = most;
    return *this;
}

Cli& Cli::operands_completed_by(CompleteOperand complete) {
    state_->complete_operand = std::move(complete);
    return *this;
}

Cli& Cli::command_after_dashes() {
    state_->runs_command = true;
    return *this;
}

Cli& Cli::example(std::string command, std::string explanation) {
    state_->examples.emplace_back(std::move(command), std::move(explanation));
    return *this;
}

std::string Cli::State::help_text(bool all) const {
    std::string text;
    for (const std::string& form : usage)
        text += fmt::format("{} {} {}\n", text.empty() ? "Usage:" : "      ", call, form);
    for (const std::string& line : wrap(summary, help_columns))
        text += line + '\n';
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::string shown;
        for (const Entry& entry : entries)
            if (entry.group == i && (all || !entry.is_rest))
                shown += columns(heading(entry), entry.help, 28);
        if (!shown.empty())
            text += fmt::format("\n{}:\n{}", groups[i], shown);
    }
    text += "\nExamples:\n";
    for (const auto& [command, explanation] : examples)
        text += fmt::format("  {}{}\n{}", call, command.substr(command.find(' ')),
                            columns("", explanation, 8).substr(3));
    return text;
}

// The long option that resembles this one most; empty if none does.
std::string Cli::State::suggestion(std::string_view unknown) const {
    std::vector<std::string> known;
    for (const Entry& entry : entries)
        if (!entry.long_name.empty())
            known.push_back(entry.long_name);
    if (!unknown.starts_with("--"))
        return {};
    return did_you_mean(unknown.substr(0, unknown.find('=')), known);
}

const Entry* Cli::State::find(std::string_view spelling) const {
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
        return !spelling.empty() && (entry.short_name == spelling || entry.long_name == spelling);
    });
    return found != entries.end() ? &*found : nullptr;
}

// The option whose value is the next word; null if there is none, or if the value may be left out.
const Entry* Cli::State::find_taking_next(std::string_view word) const {
    const auto taking = [](const Entry* entry) {
        return entry != nullptr && entry->flag == nullptr && !entry->is_optional ? entry : nullptr;
    };
    if (word.starts_with("--"))
        return taking(find(word));
    for (std::size_t i = 1; i < word.size(); ++i) {
        const Entry* entry = find(std::string{'-', word[i]});
        if (entry == nullptr || entry->flag == nullptr)
            return i + 1 == word.size() ? taking(entry) : nullptr;
    }
    return nullptr;
}

Cli::State::Position Cli::State::position_after(Args words) const {
    Position at;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const Entry* entry = find(word);
        if (at.after_dashes || word.size() < 2 || word.front() != '-')
            at.operands.push_back(word);
        else if (word == "--")
            at.after_dashes = true;
        else if (const Entry* taking = find_taking_next(word); taking && ++i == words.size())
            at.option = taking;
        else if (entry != nullptr && entry->is_value && i + 1 < words.size() &&
                 entry->is_value(words[i + 1]))
            ++i;
    }
    return at;
}

std::string Cli::State::complete_option(std::string_view word) const {
    std::string text = to_text(Completion(), {}, {});
    for (std::size_t i = 0; i < groups.size(); ++i)
        for (const Entry& entry : entries)
            for (const std::string& name : {entry.short_name, entry.long_name})
                if (entry.group == i && !name.empty() && name.starts_with(word))
                    text += fmt::format("{}\t{}\n", name, entry.help);
    return text;
}

std::string Cli::State::complete(std::string_view word, Args before) const {
    const Position at = position_after(before);
    const std::size_t equals = word.find('=');
    if (at.option != nullptr)
        return to_text(at.option->complete(word), {}, word);
    if (at.after_dashes && runs_command)
        return to_text({Completion::Kind::command}, {}, {});
    if (!at.after_dashes && word.starts_with("--") && equals != word.npos) {
        const Entry* entry = find(word.substr(0, equals));
        const std::string_view typed = word.substr(equals + 1);
        const bool takes = entry != nullptr && entry->flag == nullptr;
        return to_text(takes ? entry->complete(typed) : Completion(), word.substr(0, equals + 1),
                       typed);
    }
    if (!at.after_dashes && (word.starts_with('-') || (word.empty() && most == 0)))
        return complete_option(word);
    if (!before.empty() && (before.back() == "--help" || before.back() == "-h"))
        return to_text(complete_with({"all"})(word), {}, word);
    return to_text(complete_operand ? complete_operand(at.operands, word) : Completion(), {}, word);
}

// Rewrites or refuses words that CLI11 would misinterpret: it takes the next word as the value of
// "--name=", and accepts "--flag=true" as the flag.
net::Result<std::vector<std::string>> Cli::State::prepare(Args words) const {
    std::vector<std::string> prepared;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        const Entry* entry = find(std::string_view(words[i]).substr(0, equals));
        prepared.push_back(words[i]);
        if (entry == nullptr)
            continue;
        if (equals == std::string::npos && entry->is_optional) {
            const bool follows =
                entry->is_value && i + 1 < words.size() && entry->is_value(words[i + 1]);
            prepared.push_back(follows ? words[++i] : "");
        } else if (equals == std::string::npos && entry->flag == nullptr && i + 1 < words.size()) {
            prepared.push_back(words[++i]);  // its value, even if it begins with a dash
        } else if (equals != std::string::npos && entry->flag != nullptr) {
            return net::fail_text(entry->name() + ": takes no value");
        } else if (equals + 1 == words[i].size() && entry->is_optional) {
            return net::fail_text(entry->name() + ": it is empty");
        } else if (equals + 1 == words[i].size() && words[i].starts_with("--")) {
            prepared.back().pop_back();
            prepared.emplace_back();
        }
    }
    return prepared;
}

// Replaces an error message of CLI11. If the error concerns an option, CLI11's message begins with
// the option's name.
std::string Cli::State::mistake(const CLI::ParseError& error) const {
    for (const Entry& entry : entries) {
        if (std::string_view(error.what()).starts_with(entry.name() + ":"))
            return entry.name() + ": missing value";
    }
    return error.what();
}

net::Status Cli::State::apply() {
    for (const Entry& entry : entries) {
        if (entry.count() == 0)
            continue;
        if (entry.flag != nullptr) {
            *entry.flag = true;
            continue;
        }
        for (const std::string& value : entry.native->results()) {
            auto taken = entry.take(value);
            if (!taken) {
                net::Error error = taken.error();
                if (error.subject.empty())  // the action is the name in --set NAME=VALUE
                    error.subject = std::move(error.action);
                error.action = entry.name();
                return net::fail(std::move(error));
            }
        }
    }
    return apply_common();
}

net::Status Cli::State::apply_common() {
    if (common == nullptr)
        return {};
    if (ipv4 && ipv6)
        return net::fail_text("-4 and -6 are mutually exclusive");
    if (common->quiet && common->verbose)
        return net::fail_text("--quiet and --verbose are mutually exclusive");
    if (ipv4 || ipv6)
        common->family = ipv4 ? net::Family::ipv4 : net::Family::ipv6;
    return {};
}

net::Status Cli::State::take_operands(Args after_dashes) {
    std::vector<std::string> found = app.remaining();
    for (const std::string& word : found)
        if (word.size() > 1 && word.front() == '-')
            return net::fail_text(
                fmt::format("unknown option '{}'{}", escape(word), suggestion(word)));
    found.insert(found.end(), after_dashes.begin(), after_dashes.end());
    if (found.size() < least)
        return net::fail_text("missing operand");
    if (found.size() > most)
        return net::fail_text(fmt::format("unexpected operand '{}'", escape(found[most])));
    if (operands != nullptr)
        *operands = std::move(found);
    return {};
}

std::optional<int> Cli::parse(Args args, Io io) {
    State& state = *state_;
    if (!io.tool.empty())
        state.tool = io.tool;
    state.call = io.call.empty() ? state.tool : io.call;
    const auto is_rest = [](const Entry& entry) { return entry.is_rest; };
    const bool has_more = std::any_of(state.entries.begin(), state.entries.end(), is_rest);
    state.is_rest = false;
    flag("-h,--help",
         has_more ? "show this help; --help all shows every option" : "show this help and exit",
         state.help);
    flag("-V,--version", "show the version and exit", state.version);
    if (asks_completion(args)) {
        io.out.write(state.complete(word_to_complete(args), args.subspan(1)));
        return finish(io, state.tool, exit_ok);
    }
    const auto dashes = std::find(args.begin(), args.end(), "--");
    auto words = state.prepare({args.begin(), dashes});
    if (!words)
        return refuse(io, words.error().message());
    state.register_mentioned(*words);
    std::reverse(words->begin(), words->end());  // CLI11 takes them from the back
    try {
        state.app.parse(std::move(*words));
    } catch (const CLI::ParseError& error) {
        return refuse(io, state.mistake(error));
    }
    const bool help = given("help");
    if (help || given("version")) {
        const auto words_after = state.app.remaining();
        const bool all =
            std::find(words_after.begin(), words_after.end(), "all") != words_after.end();
        io.out.write(help ? state.help_text(all)
                          : fmt::format("{} (sockbox) {}\n", state.tool, SOCKBOX_VERSION));
        return finish(io, state.tool, exit_ok);
    }
    auto taken = state.apply();
    if (taken)
        taken = state.take_operands(dashes == args.end() ? Args() : Args(dashes + 1, args.end()));
    if (!taken)
        return refuse(io, taken.error().message());
    if (state.common != nullptr && state.common->json)
        io.out.keep_lines_whole();
    return std::nullopt;
}

bool Cli::given(const std::string& name) const {
    const Entry* entry = state_->find(dashed(name));
    return entry != nullptr && entry->count() > 0;
}

std::string Cli::given_of(std::initializer_list<const char*> names) const {
    std::vector<std::string> found;
    for (const char* name : names)
        if (given(name))
            found.push_back(dashed(name));
    std::string text;
    for (std::size_t i = 0; i < found.size(); ++i)
        text += (i == 0 ? "" : i + 1 < found.size() ? ", " : " and ") + found[i];
    return text;
}

std::string Cli::exclusion(const std::string& mode,
                           std::initializer_list<const char*> others) const {
    for (const char* name : others)
        if (given(mode) && given(name))
            return fmt::format("{} and {} are mutually exclusive", dashed(mode), dashed(name));
    return {};
}

int Cli::refuse(Io io, const std::string& mistake) const {
    io.err.print("{0}: {1}\n{0}: see '{2} --help'\n", state_->tool, net::printable(mistake),
                 state_->call);
    return exit_usage;
}

}  // namespace sockbox::tools

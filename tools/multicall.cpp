// The table of commands, the choice of one of them, and the options of sockbox itself.
#include "tools/multicall.h"

#include <algorithm>
#include <array>

#include "system/platform.h"
#include "text/text.h"
#include "tools/front/cli.h"
#include "tools/front/diagnostics.h"
#include "tools/front/manual.h"

namespace sockbox::tools {
namespace {

constexpr std::array<Command, 5> table{{
    {"showip", "show what getaddrinfo really returns for a name", showip},
    {"sockopt", "get, set and explain socket options", sockopt},
    {"echod", "concurrent TCP and UDP echo server", echod},
    {"echo", "TCP echo client: messages, round trips, load", echo},
    {"udpecho", "UDP echo client and server: loss, round trips, jitter", udpecho},
}};

const Command* find_command(std::string_view name) {
    const auto* row = std::find_if(table.begin(), table.end(), [&](const Command& command) {
        return is_name_of(command.name, name);
    });
    return row != table.end() ? row : nullptr;
}

int list(Io io) {
    for (const Command& command : table)
        io.out.print("{:<8} {}\n", command.name, command.summary);
    return finish(io, "sockbox", exit_ok);
}

int front(Args words, Io io);

constexpr Command own{"sockbox", "all of them", front};

constexpr std::string_view diagnostics_topic = "diagnostics";

// Refuses a word that is neither a command nor `other`.
int refuse_command(const std::string& name, std::string_view other, Io io, const Cli& cli) {
    std::vector<std::string> names{std::string(other)};
    for (const Command& command : table)
        names.emplace_back(command.name);
    const std::string suggestion = did_you_mean(name, names);
    return cli.refuse(io,
                      fmt::format("unknown command '{}'{}", net::escape(name),
                                  suggestion.empty() ? "; --list shows all commands" : suggestion));
}

int run_below(const Command& command, std::string_view name, Args args, Io io) {
    const std::string call = fmt::format("sockbox {}", name);
    io.tool = name;
    io.call = call;
    return command.run(args, io);
}

int help(Args words, Io io, const Cli& cli) {
    if (words.size() == 1)
        return list(io);
    if (words.size() > 2)
        return cli.refuse(io, "help takes the name of one command");
    if (words[1] == diagnostics_topic) {
        constexpr std::size_t widest = 80;
        io.out.write(diagnostics(std::min(net::platform::terminal_columns(io.out.file()), widest)));
        return finish(io, "sockbox", exit_ok);
    }
    const Command* command = words[1] == own.name ? &own : find_command(words[1]);
    if (command == nullptr)
        return refuse_command(words[1], diagnostics_topic, io, cli);
    if (const auto status = show_manual(command->name))
        return *status;
    const std::array<std::string, 1> ask{"--help"};
    return command == &own ? own.run(ask, io) : run_below(*command, words[1], ask, io);
}

Completion complete_command(Args before, std::string_view /*typed*/) {
    const bool is_help = before.size() == 1 && before[0] == "help";
    Completion completion;
    if (!before.empty() && !is_help)
        return completion;
    for (const Command& command : table)
        completion.words.push_back({std::string(command.name), std::string(command.summary)});
    if (is_help)
        completion.words.push_back({std::string(diagnostics_topic), "failures, and advice"});
    else
        completion.words.push_back({"help", "the manual page of a command"});
    return completion;
}

int front(Args words, Io io) {
    bool wants_list = false;
    bool wants_path = false;
    std::vector<std::string> operands;
    Cli cli("sockbox", "Five small network-diagnostics commands built on one socket library.",
            {"COMMAND [ARGUMENT]...", "help [COMMAND | diagnostics]", "--list", "--exec-path"});
    cli.flag("--list", "list the commands", wants_list)
        .flag("--exec-path", "print the directory of the individual commands", wants_path)
        .operands(operands, 0, 2)
        .operands_completed_by(complete_command)
        .example("sockbox showip localhost", "run showip localhost")
        .example("sockbox help echod", "show the manual page of echod")
        .example("sockbox help diagnostics", "list failures, and what to do about them");
    if (const auto status = cli.parse(words, io))
        return *status;
    if ((wants_list || wants_path) && !operands.empty())
        return cli.refuse(io, fmt::format("unexpected operand '{}'", net::escape(operands[0])));
    if (wants_list && wants_path)
        return cli.refuse(io, "--list and --exec-path are mutually exclusive");
    if (wants_list)
        return list(io);
    if (wants_path) {
        io.out.print("{}\n", exec_path());
        return finish(io, "sockbox", exit_ok);
    }
    if (!operands.empty() && operands[0] == "help")
        return help(operands, io, cli);
    if (operands.empty())
        return cli.refuse(io, "missing command; --list shows all commands");
    return refuse_command(operands[0], "help", io, cli);
}

}  // namespace

std::span<const Command> commands() noexcept {
    return table;
}

int multicall(Args words, Io io) {
    if (words.empty())
        return front(words, io);
    if (const Command* command = find_command(program_name(words[0])))
        return run_as(*command, words, io);
    if (asks_completion(words.subspan(1)) && words.size() > 2)
        if (const Command* command = find_command(words[2])) {
            std::vector<std::string> rest(words.begin() + 1, words.end());
            rest.erase(rest.begin() + 1);
            return run_below(*command, words[2], rest, io);
        }
    const std::size_t first = words.size() > 1 && words[1] == "--" ? 2 : 1;
    if (words.size() > first)
        if (const Command* command = find_command(words[first]))
            return run_below(*command, words[first], words.subspan(first + 1), io);
    return front(words.subspan(1), io);
}

}  // namespace sockbox::tools

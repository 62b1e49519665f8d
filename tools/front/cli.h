// The command-line parser: generates parsing, --help and error messages from declared options.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/resolver.h"
#include "system/result.h"
#include "tools/front/command.h"
#include "tools/front/completion.h"

namespace sockbox::tools {

enum class Color : std::uint8_t { automatic, always, never };

// The options common to all five commands.
struct Common {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    net::Family family = net::Family::any;
    Color color = Color::automatic;

    // Whether to write colours to this stream. By default (Color::automatic): if it is a terminal
    // and NO_COLOR is unset or empty.
    bool colored(const Output& output) const;
};

// Parses and stores an option's value. Fails with fail_text() if the value is invalid.
class Take : public std::function<net::Status(std::string_view)> {
  public:
    using std::function<net::Status(std::string_view)>::function;
    std::vector<std::string> choices = {};  // the only values, for completion; empty: any
};

// Parsers for common types. Each refers to its target, which must outlive it.
// An empty text is refused.
Take take_text(std::string& target);
// A port number, which may be 0, or a service name of that transport.
Take take_port(std::uint16_t& target, net::Transport transport);
// The same, with the services of TCP and, if it is none of them, of UDP.
Take take_port_of_either(std::optional<std::uint16_t>& target);
Take take_duration(std::chrono::nanoseconds& target);
// Ranges include both bounds; sizes are in bytes.
Take take_size(std::uint64_t& target, std::uint64_t low, std::uint64_t high);
Take take_integer(std::int64_t& target, std::int64_t low, std::int64_t high);
// Stores the index of the chosen word, or calls `chosen` with it.
Take take_choice(std::size_t& index, std::vector<std::string> choices);
Take take_choice(std::vector<std::string> choices, std::function<void(std::size_t)> chosen);
// For targets that stay empty unless the option is given.
Take take_duration(std::optional<std::chrono::nanoseconds>& target);
Take take_port(std::optional<std::uint16_t>& target, net::Transport transport);
Take take_integer(std::optional<std::int64_t>& target, std::int64_t low, std::int64_t high);

class Cli {
  public:
    // `usage` has one element for each form, without the command's name: "[OPTION]... HOST...". For
    // its messages, parse() replaces `tool` by the name under which the command was started.
    Cli(std::string_view tool, std::string_view summary, std::vector<std::string> usage);
    ~Cli();

    // The options declared next belong to the group with this heading, which may have begun before.
    // --help prints the groups in the order in which they began.
    Cli& group(std::string_view heading);
    // The options declared next, up to the next call of group(), are shown by `--help all` only.
    Cli& rest();
    // `spelling` is "-s", "--long" or "-s,--long". Sets `target` to true if the flag is given.
    Cli& flag(const std::string& spelling, std::string help, bool& target);
    // Options with a value. Both call `take` for each value in order; if an option is given again,
    // the last value should win, while those of a repeated one add up.
    Cli& option(const std::string& spelling, std::string value_name, std::string help, Take take);
    Cli& repeated(const std::string& spelling, std::string value_name, std::string help, Take take);
    // A long option whose value may be left out: "--name" or "--name=VALUE", but not "--name
    // VALUE" unless `is_value(VALUE)`. Without a value, `take` is called with an empty text.
    Cli& optional(const std::string& spelling, std::string value_name, std::string help, Take take,
                  std::function<bool(std::string_view)> is_value = {});
    // How shells complete the value of the option declared last, if it takes no choice and its
    // value name does not determine that: see usual_completion().
    Cli& completed_by(Complete complete);
    // Declares -4 -6 -j -q -v --color in a group of their own; parse() itself adds -h and -V.
    Cli& common(Common& target);
    // Accepts from `least` to `most` words that are not options.
    Cli& operands(std::vector<std::string>& target, std::size_t least, std::size_t most);
    // How shells complete an operand, which comes after the operands `before`.
    using CompleteOperand = std::function<Completion(Args before, std::string_view typed)>;
    Cli& operands_completed_by(CompleteOperand complete);
    // The words after "--" are another command line.
    Cli& command_after_dashes();
    // `command` begins with the command's name, which --help replaces by the way to start it.
    Cli& example(std::string command, std::string explanation);

    // Parses the command line and sets the targets. Returns an exit status if the command must end
    // now (--help, --version, a completion or a usage error, already printed). Words after "--" are
    // operands even if they begin with a dash.
    std::optional<int> parse(Args args, Io io);

    // Whether an option was given, by its long name without dashes.
    bool given(const std::string& name) const;

    // Prints a usage error found after parsing, such as contradictory options, and returns
    // exit_usage. Control characters in `mistake` are escaped.
    int refuse(Io io, const std::string& mistake) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::tools

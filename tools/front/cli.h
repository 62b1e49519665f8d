// The command-line parser: generates parsing, --help and error messages from declared options.
#pragma once

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
#include "tools/front/take.h"

namespace sockbox::tools {

enum class Color : std::uint8_t { automatic, always, never };

// The options common to all five commands.
struct Common {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    net::Family family = net::Family::any;
    Color color = Color::automatic;

    // Whether to write colours to this stream. By default (Color::automatic): if it is a terminal,
    // NO_COLOR is unset or empty, and TERM is not "dumb".
    bool colored(const Output& output) const;
};

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

    // Whether an option was given, by its long name without dashes, or by its letter if it has no
    // long name.
    bool given(const std::string& name) const;
    // "--port, --bind and -6": those of `names` that were given; empty if none was.
    std::string given_of(std::initializer_list<const char*> names) const;
    // An error message if `mode` and one of `others` were given; otherwise empty.
    std::string exclusion(const std::string& mode, std::initializer_list<const char*> others) const;

    // Prints a usage error found after parsing, such as contradictory options, and returns
    // exit_usage. Control characters in `mistake` are escaped.
    int refuse(Io io, const std::string& mistake) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::tools

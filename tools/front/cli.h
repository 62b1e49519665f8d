// Command lines: options are declared once, with their help; parsing, --help and complaints follow.
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

namespace sockbox::tools {

enum class Color : std::uint8_t { automatic, always, never };

// The options that all five commands have.
struct Common {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    net::Family family = net::Family::any;
    Color color = Color::automatic;

    // Whether to write colours to this stream: as asked, else to a terminal that wants them.
    bool colored(const Output& output) const;
};

// Takes the text of an option's value; fails with fail_text() when it does not follow the grammar.
using Take = std::function<net::Status(std::string_view)>;

// Ready-made ones, each storing what it read. A text may not be empty.
Take take_text(std::string& target);
// A port from 0, or the name of a service of that transport.
Take take_port(std::uint16_t& target, net::Transport transport);
Take take_duration(std::chrono::nanoseconds& target);
Take take_size(std::uint64_t& target, std::uint64_t low, std::uint64_t high);
Take take_integer(std::int64_t& target, std::int64_t low, std::int64_t high);
Take take_choice(std::size_t& index, std::vector<std::string> choices);
// The same for a target that stays empty where the option was not given.
Take take_duration(std::optional<std::chrono::nanoseconds>& target);
Take take_port(std::optional<std::uint16_t>& target, net::Transport transport);
Take take_integer(std::optional<std::int64_t>& target, std::int64_t low, std::int64_t high);

class Cli {
  public:
    // `usage` holds one line a form, without the command's name: "[OPTION]... HOST...".
    Cli(std::string_view tool, std::string_view summary, std::vector<std::string> usage);
    ~Cli();

    // `spelling` is "-s,--short" or "--short". A flag stays false where it was not given.
    Cli& flag(const std::string& spelling, std::string help, bool& target);
    // An option with a value. Given twice it is refused, unless it is `repeated`: then each value
    // is taken in turn.
    Cli& option(const std::string& spelling, std::string value_name, std::string help, Take take);
    Cli& repeated(const std::string& spelling, std::string value_name, std::string help, Take take);
    // -j -q -v -4 -6 --color; -h and -V are always there.
    Cli& common(Common& target);
    // The words that are no options, from `least` to `most` of them.
    Cli& operands(std::vector<std::string>& target, std::size_t least, std::size_t most);
    Cli& example(std::string command, std::string explanation);

    // An exit status where the command line ends the command (--help, --version, a mistake); none
    // to go on. Words after "--" are operands, whatever they begin with.
    std::optional<int> parse(Args args, Io io);

    // Whether an option was given, by its long name without dashes.
    bool given(const std::string& name) const;

    // Ends the command because of a mistake that only shows in what options mean together.
    int refuse(Io io, const std::string& mistake) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::tools

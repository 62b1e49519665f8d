// Error messages and exit statuses common to all commands.
#include "tools/front/command.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "net/signals.h"
#include "system/resolver_error.h"
#include "text/text.h"

namespace sockbox::tools {
namespace {

// How many characters must be inserted, removed, replaced or swapped with their neighbour to turn
// one text into the other (the optimal string alignment distance).
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(other.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::vector<std::size_t> row{i + 1};
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t replaced = last[j] + (one[i] == other[j] ? 0 : 1);
            row.push_back(std::min({replaced, last[j + 1] + 1, row[j] + 1}));
            if (i > 0 && j > 0 && one[i] == other[j - 1] && one[i - 1] == other[j])
                row.back() = std::min(row.back(), before_last[j - 1] + 1);
        }
        before_last = std::exchange(last, std::move(row));
    }
    return last.back();
}

}  // namespace

int run_as(const Command& command, Args words, Io io) {
    if (words.empty())
        return command.run(words, io);
    const std::string_view name = program_name(words[0]);
    std::string call;
    if (is_name_of(command.name, name))
        io.tool = name;
    // A shell would run its own echo in place of ours.
    if (io.tool == "echo" && name != words[0])
        io.call = call = net::printable(shell_word(words[0]));
    return command.run(words.subspan(1), io);
}

bool is_name_of(std::string_view command, std::string_view name) noexcept {
    return name == command || (command == "echo" && name == "tcpecho");
}

std::string_view program_name(std::string_view path) noexcept {
    path.remove_prefix(path.find_last_of("/\\") + 1);
    if (path.ends_with(".exe"))
        path.remove_suffix(4);
    return path;
}

std::string shell_word(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./\\:,+@%=";
    if (!word.empty() && word.find_first_not_of(plain) == word.npos)
        return std::string(word);
    std::string quoted = "'";
    for (const char c : word)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string did_you_mean(std::string_view unknown, std::span<const std::string> names) {
    constexpr std::size_t max_length = 64;  // of what can be a mistyped name
    const auto far = [&](std::string_view name) {
        const bool is_cut_short = unknown.size() >= 4 && name.starts_with(unknown);
        return is_cut_short ? 1 : distance(unknown, name);
    };
    if (names.empty() || unknown.size() > max_length)
        return {};
    const auto nearest = std::ranges::min_element(names, {}, far);
    // A third of the letters at most, so that "--abc" suggests nothing.
    const std::size_t letters =
        nearest->size() - std::min(nearest->find_first_not_of('-'), nearest->size());
    if (far(*nearest) > std::max<std::size_t>(1, letters / 3))
        return {};
    return fmt::format("; did you mean '{}'?", *nearest);
}

void print_error(Io io, std::string_view tool, const net::Error& error) {
    std::string text = fmt::format("{}: {}\n", tool, net::printable(error.message()));
    if (!error.hint.empty())
        text += fmt::format("{}: hint: {}\n", tool, net::printable(error.hint));
    io.err.write(text);
}

report::Json to_json(const net::Error& error) {
    const std::string_view symbol = net::symbol(error.code);
    const bool is_systems = !symbol.empty() && error.code.category() != std::generic_category();
    auto json = report::error_object(symbol, error.code.value(),
                                     is_systems ? error.code.message() : error.reason());
    if (is_systems && !error.detail.empty())
        json.set("detail", error.detail);
    return json;
}

int flush(Io io, std::string_view tool, int status) {
    io.out.flush();
    const std::error_code code = io.out.error();
    if (!code || code == std::errc::broken_pipe)
        return status;
    print_error(io, tool, {code, "write", "standard output", {}, {}});
    return exit_output;
}

int finish(Io io, std::string_view tool, int status) {
    const int checked = flush(io, tool, status);
    ignore_late_signals(io);
    return checked;
}

void ignore_late_signals(Io io) noexcept {
    if (io.ends_process)
        net::ignore_late_signals();
}

int status_of(const net::Error& error) {
    if (error.code == std::errc::operation_canceled)
        return status_of_interrupt();
    return error.code.category() == net::resolver_category() ? exit_unresolved : exit_refused;
}

int status_of_interrupt() noexcept {
    constexpr int ended_by_signal = 128;  // plus the number of the signal
    return ended_by_signal + net::Interrupts::number();
}

}  // namespace sockbox::tools

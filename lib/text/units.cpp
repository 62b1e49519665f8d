// Parses and prints numbers with units.
#include "text/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "text/text.h"

namespace sockbox::net {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

struct Unit {
    std::string_view name;
    std::int64_t ns;
    std::string_view plural;
};
constexpr std::array<Unit, 6> time_units{{{"ns", 1, "nanoseconds"},
                                          {"us", 1'000, "microseconds"},
                                          {"ms", 1'000'000, "milliseconds"},
                                          {"s", 1'000'000'000, "seconds"},
                                          {"m", 60'000'000'000, "minutes"},
                                          {"h", 3'600'000'000'000, "hours"}}};

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view leading_digits(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n]))
        ++n;
    return text.substr(0, n);
}

// Returns false if there are no digits, anything else, or too many digits.
bool read_digits(std::string_view digits, std::int64_t& value) {
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    return !digits.empty() && error == std::errc() && stop == end;
}

tl::unexpected<Error> not_a(std::string_view text, std::string_view what) {
    return fail_text(fmt::format("'{}' is not {}", escape(text), what));
}

constexpr std::string_view duration_grammar =
    "a duration (a number with ns, us, ms, s, m or h; seconds without a unit)";

// The value in nanoseconds of the digits after the decimal point; false if finer than 1 ns.
bool read_fraction(std::string_view digits, std::int64_t unit_ns, std::int64_t& ns) {
    ns = 0;
    for (const char digit : digits) {
        if (unit_ns % 10 != 0) {
            if (digit != '0')
                return false;
            continue;
        }
        unit_ns /= 10;
        ns += (digit - '0') * unit_ns;
    }
    return true;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high) {
    const bool negative = low < 0 && text.starts_with('-');
    const std::string_view digits = text.substr(negative ? 1 : 0);
    std::int64_t value = 0;
    const bool all_digits = !digits.empty() && leading_digits(digits) == digits;
    if (!all_digits)
        return not_a(text, fmt::format("a whole number from {} to {}", low, high));
    const bool fits = read_digits(digits, value);
    value = negative ? -value : value;
    if (!fits || value < low || value > high)
        return fail_text(fmt::format("'{}' is out of range: expected {} to {}", text, low, high));
    return value;
}

Result<nanoseconds> parse_duration(std::string_view text) {
    const std::string_view whole = leading_digits(text);
    std::string_view rest = text.substr(whole.size());
    std::string_view fraction;
    if (rest.starts_with('.')) {
        fraction = leading_digits(rest.substr(1));
        rest.remove_prefix(1 + fraction.size());
        if (fraction.empty())
            return not_a(text, duration_grammar);
    }
    if (whole.empty() && fraction.empty())
        return not_a(text, duration_grammar);
    if (rest.empty())
        rest = "s";
    for (const Unit& unit : time_units) {
        if (unit.name != rest)
            continue;
        std::int64_t units = 0;
        std::int64_t extra = 0;
        if (!read_fraction(fraction, unit.ns, extra))
            return fail_text(fmt::format("'{}' is finer than a nanosecond", text));
        if ((!whole.empty() && !read_digits(whole, units)) || units > (most - extra) / unit.ns)
            return fail_text(fmt::format("'{}' is too long: at most 292 years", text));
        return nanoseconds(units * unit.ns + extra);
    }
    return not_a(text, duration_grammar);
}

Candidates duration_candidates(std::string_view typed) {
    const std::string_view number = typed.substr(0, typed.find_first_not_of("0123456789."));
    Candidates candidates;
    for (const Unit& unit : time_units)
        if (!number.empty())
            candidates.push_back(
                {fmt::format("{}{}", number, unit.name), std::string(unit.plural)});
    return candidates;
}

Candidates size_candidates(std::string_view typed) {
    const std::string_view number = leading_digits(typed);
    Candidates candidates;
    for (const char letter : std::string_view("KMG"))
        if (!number.empty())
            candidates.push_back(
                {fmt::format("{}{}", number, letter), fmt::format("{}iB", letter)});
    return candidates;
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const std::string_view digits = leading_digits(text);
    const std::string_view suffix = text.substr(digits.size());
    constexpr std::string_view letters = "KMG";
    int shift = 0;
    if (suffix.size() == 1 && letters.find(suffix[0]) != letters.npos)
        shift = 10 * static_cast<int>(letters.find(suffix[0]) + 1);
    else if (!suffix.empty())
        shift = -1;
    if (digits.empty() || shift < 0)
        return not_a(text, "a size (bytes, or a number with K, M or G)");
    std::int64_t value = 0;
    if (!read_digits(digits, value) || value > most >> shift)
        return fail_text(fmt::format("'{}' is too large", text));
    return static_cast<std::uint64_t>(value) << shift;
}

// Uses integers, because parsing a double would make every command load libm.
Result<double> parse_percent(std::string_view text) {
    constexpr std::int64_t unit = 1'000'000'000;
    const std::string_view number = text.substr(0, text.size() - (text.ends_with('%') ? 1 : 0));
    const std::string_view whole = leading_digits(number);
    const bool has_point = number.substr(whole.size()).starts_with('.');
    const std::string_view fraction = number.substr(whole.size() + (has_point ? 1 : 0));
    std::int64_t percents = 0;
    std::int64_t extra = 0;
    const bool has_whole = !whole.empty() || fraction.empty();
    if ((has_whole && !read_digits(whole, percents)) || leading_digits(fraction) != fraction ||
        fraction.empty() == has_point || percents > 100 || !read_fraction(fraction, unit, extra) ||
        percents * unit + extra > 100 * unit)
        return not_a(text, "a percentage from 0 to 100, such as 0.1%");
    return static_cast<double>(percents * unit + extra) / (100.0 * unit);
}

Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t lowest) {
    const bool octal_look = text.size() > 1 && text.front() == '0';
    const auto port = parse_integer(text, lowest, 65535);
    if (!port || octal_look)
        return not_a(text, fmt::format("a port from {} to 65535", lowest));
    return static_cast<std::uint16_t>(*port);
}

std::string format_duration(nanoseconds duration) {
    const std::int64_t ns = duration.count();
    for (const std::size_t i : {5U, 4U, 3U, 2U, 1U}) {
        const Unit& unit = time_units[i];
        if (ns != 0 && ns % unit.ns == 0)
            return fmt::format("{}{}", ns / unit.ns, unit.name);
    }
    if (ns == 0)
        return "0s";
    return fmt::format("{}ns", ns);
}

std::string format_span(nanoseconds duration) {
    using namespace std::chrono_literals;
    if (duration < 10ms)
        return format_duration(round<std::chrono::microseconds>(duration));
    if (duration < 999'500us)
        return format_duration(round<std::chrono::milliseconds>(duration));
    const auto hundredths = round<std::chrono::milliseconds>(duration / 10).count();
    if (hundredths < 6000)
        return fmt::format("{}s", static_cast<double>(hundredths) / 100);
    const std::int64_t seconds = round<std::chrono::seconds>(duration).count();
    std::string text;
    if (seconds >= 3600)
        text += fmt::format("{}h", seconds / 3600);
    if (seconds / 60 % 60 != 0)
        text += fmt::format("{}m", seconds / 60 % 60);
    if (seconds % 60 != 0)
        text += fmt::format("{}s", seconds % 60);
    return text;
}

std::string format_approximately(nanoseconds duration) {
    const double ns = static_cast<double>(duration.count());
    struct Scale {
        std::string_view unit;
        double ns;
    };
    constexpr std::array<Scale, 3> scales{{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}};
    for (const Scale& scale : scales) {
        const double value = ns / scale.ns;
        if (value >= 0.9995)
            return fmt::format("{:.{}f} {}", value,
                               value < 9.995   ? 2
                               : value < 99.95 ? 1
                                               : 0,
                               scale.unit);
    }
    return fmt::format("{} ns", duration.count());
}

std::string format_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> names{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes);
    std::size_t step = 0;
    for (value /= 1024; value >= 1023.995 && step + 1 < names.size(); ++step)
        value /= 1024;
    return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, names[step]);
}

}  // namespace sockbox::net

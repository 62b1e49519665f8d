// Lays out tables of times.
#include "report/times.h"

#include <fmt/format.h>

#include <algorithm>

namespace sockbox::report {
namespace {

using Line = std::vector<std::string>;

constexpr std::size_t gap = 2;  // spaces between columns

std::vector<Line> transposed(const std::vector<Line>& lines) {
    std::vector<Line> result(lines.front().size());
    for (const Line& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            result[i].push_back(line[i]);
    return result;
}

// Of each column.
std::vector<std::size_t> widths_of(const std::vector<Line>& lines) {
    std::vector<std::size_t> widths(lines.front().size());
    for (const Line& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    return widths;
}

std::size_t length(const std::vector<std::size_t>& widths) {
    std::size_t sum = gap * (widths.size() - 1);
    for (const std::size_t width : widths)
        sum += width;
    return sum;
}

// Names to the left, numbers to the right.
std::string aligned(const std::vector<Line>& lines) {
    const auto widths = widths_of(lines);
    std::string text;
    for (const Line& line : lines) {
        text += fmt::format("{:<{}}", line.front(), widths.front());
        for (std::size_t i = 1; i < line.size(); ++i)
            text += fmt::format("{:>{}}", line[i], widths[i] + gap);
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

// As many columns as fit, at least one beside the names, and the rest below.
std::string stacked(const std::vector<Line>& lines, std::size_t columns) {
    const auto widths = widths_of(lines);
    std::string text;
    for (std::size_t first = 1; first < widths.size();) {
        std::size_t end = first + 1;
        std::size_t used = widths.front() + gap + widths[first];
        while (end < widths.size() && used + gap + widths[end] <= columns)
            used += gap + widths[end++];
        std::vector<Line> part;
        for (const Line& line : lines) {
            part.push_back({line.front()});
            part.back().insert(part.back().end(), line.begin() + static_cast<std::ptrdiff_t>(first),
                               line.begin() + static_cast<std::ptrdiff_t>(end));
        }
        text += aligned(part);
        first = end;
    }
    return text;
}

}  // namespace

bool carries_percentile(std::uint64_t count, double share) {
    return static_cast<double>(count) * (1 - share) >= 0.999;  // at least one sample is above it
}

std::string milliseconds(const Time& time) {
    return time ? fmt::format("{:.3f}", static_cast<double>(time->count()) / 1e6) : "-";
}

Json nanoseconds(const Time& time) {
    return time ? Json(time->count()) : Json();
}

Json times_object(const stats::Summary& summary) {
    Json object = Json::object();
    for (const TimeFigure& figure : time_figures)
        object.set(figure.json, nanoseconds(summary.*figure.time));
    return object;
}

TimesTable::TimesTable(std::string_view heading_of_notes) {
    Line& heading = lines_.emplace_back();
    heading.emplace_back("ms");
    for (const TimeFigure& figure : time_figures)
        heading.emplace_back(figure.text);
    heading.emplace_back(heading_of_notes);
}

void TimesTable::add(std::string_view name, const stats::Summary& times, std::string_view note) {
    if (times.count == 0)
        return;
    Line& line = lines_.emplace_back();
    line.emplace_back(name);
    for (const TimeFigure& figure : time_figures)
        line.push_back(carries_percentile(times.count, figure.share)
                           ? milliseconds(times.*figure.time)
                           : milliseconds({}));
    line.emplace_back(note);
}

std::string TimesTable::to_text(std::size_t columns) const {
    if (lines_.size() == 1)
        return {};
    // Each line is a column of the table.
    std::vector<Line> shown = transposed(lines_);
    std::erase_if(shown, [](const Line& column) {
        return std::all_of(column.begin() + 1, column.end(), [](const std::string& cell) {
            return cell == milliseconds({}) || cell.empty();
        });
    });
    const std::vector<Line> rows = transposed(shown);
    return length(widths_of(rows)) <= columns ? aligned(rows) : stacked(shown, columns);
}

}  // namespace sockbox::report

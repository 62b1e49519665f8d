// Lays out the live table of watched sockets.
#include "tools/sockopt/watch_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "report/color.h"
#include "report/counted.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

constexpr std::uint64_t readings_kept = 3;  // of what is gone
constexpr std::uint64_t readings_recent = 5;
constexpr std::size_t max_recent = 64;
// With more sockets, only settings are listed: statistics would drown them.
constexpr std::size_t max_detailed = 8;
constexpr std::size_t max_unseen_rows = 8;  // in one reading

constexpr std::size_t mark_width = 2;
constexpr std::size_t state_width = 11;  // "ESTABLISHED"
constexpr std::size_t rate_width = 8;    // "1023 KiB"
constexpr std::size_t holder_width = 20;

// The bytes that begin a character of UTF-8.
bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    while (end < text.size() && (count > 0 || !begins_character(text[end])))
        if (begins_character(text[end++]))
            --count;
    return text.substr(0, end);
}

// The text in exactly `width` columns; "~" marks where it was cut.
std::string fitted(std::string_view text, std::size_t width) {
    const std::size_t wide = width_of(text);
    if (wide <= width)
        return std::string(text) + std::string(width - wide, ' ');
    return width == 0 ? "" : std::string(first_characters(text, width - 1)) + "~";
}

std::string at_right(std::string_view text, std::size_t width) {
    const std::size_t wide = width_of(text);
    return wide >= width ? std::string(text) : std::string(width - wide, ' ') + std::string(text);
}

std::string bytes_to_text(const std::optional<double>& rate) {
    if (!rate)
        return "-";
    return net::format_bytes(static_cast<std::uint64_t>(std::llround(std::min(*rate, 1e18))));
}

std::string number_to_text(const std::optional<double>& rate) {
    if (!rate)
        return "-";
    return fmt::format("{:.{}f}", *rate, *rate > 0 && *rate < 99.95 ? 1 : 0);
}

}  // namespace

// Which columns there is room for, and the width of the first one. Those on the right are the first
// to go, except the rates.
struct WatchScreen::Layout {
    explicit Layout(std::size_t columns)
        : state(columns >= 55), retransmitted(columns >= 66), holder(columns >= 95) {
        const std::size_t others =
            mark_width + 2 * (1 + rate_width) + (state ? 1 + state_width : 0) +
            (retransmitted ? 1 + rate_width : 0) + (holder ? 1 + holder_width : 0);
        socket = columns > others ? columns - others : 0;
    }

    std::string line(std::string_view mark, std::string_view what, const Row& row,
                     std::string_view received, std::string_view sent,
                     std::string_view retransmissions) const {
        std::string text = fitted(mark, mark_width) + fitted(what, socket);
        if (state)
            text += ' ' + fitted(row.state, state_width);
        text += ' ' + at_right(received, rate_width) + ' ' + at_right(sent, rate_width);
        if (retransmitted)
            text += ' ' + at_right(retransmissions, rate_width);
        if (holder)
            text += ' ' + fitted(row.holder, holder_width);
        return text;
    }

    bool state;
    bool retransmitted;
    bool holder;
    std::size_t socket = 0;
};

void WatchScreen::begin() {
    ++reading_;
    appeared_ = gone_ = unseen_ = 0;
    std::erase_if(rows_, [this](const auto& entry) {
        return entry.second.went && reading_ - *entry.second.went >= readings_kept;
    });
    std::erase_if(recent_, [this](const Recent& recent) {
        return reading_ - recent.reading >= readings_recent || !rows_.contains(recent.socket);
    });
    for (auto& [socket, row] : rows_) {
        row.activity /= 2;
        if (row.went)
            row.rates = {};
        for (auto* rate : {&row.rates.received, &row.rates.sent, &row.rates.retransmitted})
            if (*rate)
                *rate = 0;
    }
}

void WatchScreen::describe(Row& row, const net::SocketReading& socket) const {
    const net::SocketFacts& facts = socket.target.facts;
    row.holder = holder_of(socket.target);
    row.local = facts.local.empty() ? to_text(facts.kind) : facts.local;
    row.peer = facts.peer;
    row.state = facts.state;
}

WatchScreen::Row& WatchScreen::row_of(const net::SocketReading& socket) {
    return rows_[net::SocketWatch::identity(socket.target)];
}

void WatchScreen::appeared(const net::SocketReading& socket) {
    ++appeared_;
    Row& row = row_of(socket);
    describe(row, socket);
    row.came = reading_;
    if (socket.has_tcp_info && !socket.target.facts.kind.listening)
        row.rates = {0.0, 0.0, 0.0};
}

void WatchScreen::changed(const net::SocketReading& socket,
                          const std::vector<net::ValueChange>& changes) {
    Row& row = row_of(socket);
    describe(row, socket);
    for (const net::ValueChange& change : changes) {
        if (change.name == "TCP_INFO.bytes_received")
            row.rates.received = change.per_second;
        else if (change.name == "TCP_INFO.bytes_sent")
            row.rates.sent = change.per_second;
        else if (change.name == "TCP_INFO.total_retrans")
            row.rates.retransmitted = change.per_second;
        remember(net::SocketWatch::identity(socket.target), change);
    }
    // Any change counts a little, which orders sockets that have no counters.
    row.activity += row.rates.received.value_or(0) + row.rates.sent.value_or(0) +
                    static_cast<double>(changes.size());
}

void WatchScreen::gone(const net::SocketReading& socket, bool seen) {
    ++(seen ? gone_ : unseen_);
    if (!seen && unseen_ > max_unseen_rows)
        return;
    Row& row = row_of(socket);
    describe(row, socket);
    row.went = reading_;
    row.came = seen ? row.came : reading_;
}

void WatchScreen::remember(std::uint64_t socket, const net::ValueChange& change) {
    const bool is_setting = change.row != nullptr;
    if (!is_setting && rows_.size() > max_detailed)
        return;
    const auto same = [&](const Recent& recent) {
        return recent.socket == socket && recent.name == change.name;
    };
    const auto found = std::ranges::find_if(recent_, same);
    if (found != recent_.end()) {
        found->text = to_text(change);
        found->reading = reading_;
        return;
    }
    if (recent_.size() == max_recent)
        recent_.pop_front();
    recent_.push_back({socket, change.name, to_text(change), is_setting, reading_});
}

std::vector<const WatchScreen::Row*> WatchScreen::sorted_rows() const {
    std::vector<const Row*> sorted;
    for (const auto& [socket, row] : rows_)
        sorted.push_back(&row);
    // Rates of the same magnitude do not swap their places.
    const auto order = [](const Row* row) {
        return std::tuple(-std::ilogb(row->activity + 1), std::tie(row->local, row->peer));
    };
    std::ranges::sort(sorted, {}, order);
    return sorted;
}

std::string WatchScreen::summary() const {
    const auto open = std::ranges::count_if(
        rows_, [](const auto& entry) { return !entry.second.went.has_value(); });
    std::string text =
        fmt::format("{}, every {}", report::counted(static_cast<std::size_t>(open), "socket"),
                    net::format_span(interval_));
    if (appeared_ > 0 && reading_ > 1)
        text += fmt::format("  +{}", appeared_);
    if (gone_ > 0)
        text += fmt::format("  -{}", gone_);
    if (unseen_ > 0)
        text += fmt::format("  {} short-lived", unseen_);
    return text;
}

std::string WatchScreen::row_to_line(const Row& row, const Layout& layout, bool colored) const {
    std::string what = row.peer.empty() ? row.local : row.local + " -> " + row.peer;
    if (width_of(what) > layout.socket && !row.peer.empty())
        what = "-> " + row.peer;
    const bool is_new = reading_ > 1 && reading_ == row.came;
    const std::string line =
        layout.line(row.went ? "-"
                    : is_new ? "+"
                             : "",
                    what, row, bytes_to_text(row.rates.received), bytes_to_text(row.rates.sent),
                    number_to_text(row.rates.retransmitted));
    if (row.went)
        return report::painted(colored, report::red, line);
    return report::painted(colored && is_new, report::green, line);
}

std::vector<std::string> WatchScreen::recent_lines(std::size_t columns, std::size_t rows) const {
    std::vector<const Recent*> sorted;
    for (const Recent& recent : recent_)
        sorted.push_back(&recent);
    std::ranges::stable_sort(sorted, {}, [](const Recent* recent) { return !recent->is_setting; });
    std::vector<std::string> texts;
    for (const Recent* recent : sorted) {
        if (texts.size() == rows)
            break;
        std::string text = fmt::format("  {}: {}", recent->name, recent->text);
        if (rows_.size() > 1) {
            const Row& row = rows_.at(recent->socket);
            text += fmt::format("  {}", row.peer.empty() ? row.local : row.peer);
        }
        const bool fits = width_of(text) <= columns;
        texts.push_back(fits ? text : fitted(text, columns));
    }
    return texts;
}

std::vector<std::string> WatchScreen::lines(std::size_t columns, std::size_t rows,
                                            bool colored) const {
    const Layout layout(columns);
    const auto sorted = sorted_rows();
    std::vector<std::string> texts;
    std::string title = summary();
    if (width_of(title) > columns)
        title = fitted(title, columns);
    texts.push_back(std::move(title));
    Row names;
    names.state = "STATE";
    names.holder = "PROCESS";
    texts.push_back(layout.line("", "SOCKET", names, "IN/s", "OUT/s", "RETR/s"));
    // The latest changes get the room that the sockets leave, but a quarter of a large terminal.
    const std::size_t reserved = rows >= 16 && !recent_.empty() ? rows / 4 : 0;
    const std::size_t room = rows > texts.size() + reserved ? rows - texts.size() - reserved : 0;
    const std::size_t shown = sorted.size() <= room ? sorted.size() : room > 0 ? room - 1 : 0;
    for (std::size_t i = 0; i < shown; ++i)
        texts.push_back(row_to_line(*sorted[i], layout, colored));
    if (shown < sorted.size() && texts.size() < rows)
        texts.push_back(fitted(fmt::format("  {} more", sorted.size() - shown), columns));
    if (texts.size() + 2 <= rows && !recent_.empty()) {
        texts.emplace_back();
        for (std::string& text : recent_lines(columns, rows - texts.size()))
            texts.push_back(std::move(text));
    }
    texts.resize(std::min(texts.size(), rows));
    return texts;
}

}  // namespace sockbox::tools

// The live table of watched sockets on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/front/live_lines.h"
#include "tools/sockopt/watch_view.h"

namespace sockbox::tools {

// Lays out a line for each socket, the most active ones first, and below them the latest values
// that changed. Sockets that are gone stay for a few readings. Knows no terminal and no clock.
class WatchScreen {
  public:
    // `interval` is only shown.
    explicit WatchScreen(std::chrono::nanoseconds interval) : interval_(interval) {}

    // A reading begins.
    void begin();
    void appeared(const net::SocketReading& socket);
    void changed(const net::SocketReading& socket, const std::vector<net::ValueChange>& changes);
    void gone(const net::SocketReading& socket, bool seen);

    // At most `rows` lines of at most `columns` characters, not counting colours.
    std::vector<std::string> lines(std::size_t columns, std::size_t rows, bool colored) const;

  private:
    struct Rates {
        std::optional<double> received;       // bytes per second
        std::optional<double> sent;           // bytes per second
        std::optional<double> retransmitted;  // segments per second
    };
    struct Row {
        std::string holder;
        std::string local;
        std::string peer;
        std::string state;
        Rates rates;
        double activity = 0;     // decays, so that rows do not swap their places all the time
        std::uint64_t came = 0;  // the reading in which it appeared
        std::optional<std::uint64_t> went;
    };
    struct Recent {
        std::uint64_t socket;
        std::string name;
        std::string text;
        bool is_setting;  // it is the whole value of an option
        std::uint64_t reading;
    };
    struct Layout;

    Row& row_of(const net::SocketReading& socket);
    void describe(Row& row, const net::SocketReading& socket) const;
    void remember(std::uint64_t socket, const net::ValueChange& change);
    std::vector<const Row*> sorted_rows() const;
    std::string row_to_line(const Row& row, const Layout& layout, bool colored) const;
    std::string summary() const;
    std::vector<std::string> recent_lines(std::size_t columns, std::size_t rows) const;

    const std::chrono::nanoseconds interval_;
    std::uint64_t reading_ = 0;
    std::size_t appeared_ = 0;  // in this reading, and so are the next two
    std::size_t gone_ = 0;
    std::size_t unseen_ = 0;  // came and went between two readings
    std::unordered_map<std::uint64_t, Row> rows_;
    std::deque<Recent> recent_;
};

// Draws a WatchScreen after each reading.
class WatchTable : public WatchView {
  public:
    WatchTable(std::chrono::nanoseconds interval, bool colored, Output& out)
        : screen_(interval), colored_(colored), lines_(out) {}

    void begin() override { screen_.begin(); }
    void end() override { lines_.draw(screen_.lines(lines_.columns(), lines_.rows(), colored_)); }
    void appeared(const net::SocketReading& socket) override { screen_.appeared(socket); }
    void changed(const net::SocketReading& socket,
                 const std::vector<net::ValueChange>& changes) override {
        screen_.changed(socket, changes);
    }
    void gone(const net::SocketReading& socket, bool seen) override { screen_.gone(socket, seen); }
    void lost_ends() override {}
    void leave() override { lines_.leave(); }

  private:
    WatchScreen screen_;
    const bool colored_;
    LiveLines lines_;
};

}  // namespace sockbox::tools

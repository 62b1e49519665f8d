// The search for the longest silence that a connection survives: which silences to try next.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sockbox::probe {

// How a connection that had been silent for too long ended.
enum class IdleEnd : std::uint8_t {
    silence,  // what was sent on it was not answered
    reset,
    close,  // the peer, or something in its place, closed it
};

// What became of a connection after a silence.
struct Silence {
    std::chrono::nanoseconds length;
    unsigned round;                   // from 1
    std::optional<IdleEnd> ended_by;  // nullopt: survived
    bool watched = false;             // it ended during the silence, so that `length` is exact
    bool refuted = false;             // later connections survived as long: an accident
};

// What is known about the timeout of idle connections.
struct IdleTimeout {
    std::optional<std::chrono::nanoseconds> timeout;   // the best estimate; nullopt: none found
    std::optional<IdleEnd> ended_by;                   // nullopt likewise
    std::optional<std::chrono::nanoseconds> survived;  // the longest silence below `ended`
    std::optional<std::chrono::nanoseconds> ended;     // the shortest that ended a connection
    // A longer one than `ended` was survived. It is then the longest of all.
    std::optional<std::chrono::nanoseconds> outlived;
};

// Rounds of connections, each of which stays silent for another time. The first round spreads them
// over all silences up to a maximum, in steps that grow with the silence, because nothing is known;
// the next ones spread them between the longest silence that was survived and the shortest that was
// not, and repeat the latter, until the two are closer than accuracy(). A timeout counts only if
// connections ended in two rounds, or if two of one round were seen to end at the same time; one
// that is not found again is an accident, and the search goes on above it. Has no clock and no
// socket.
//
//     IdleSearch search(std::chrono::minutes(15));
//     for (auto plan = search.plan(64); !plan.empty(); plan = search.plan(64)) {
//         search.begin_round();
//         …                  // report each silence to survived() or ended() while it matters()
//         search.end_round();
//     }
//     const IdleTimeout found = search.found();
class IdleSearch {
  public:
    using Duration = std::chrono::nanoseconds;

    // `max` is positive: the longest silence to try.
    explicit IdleSearch(Duration max) : max_(max) {}

    // How close the two bounds of a timeout of about `silence` must be: 2 %, at least 250 ms.
    static Duration accuracy(Duration silence);

    // The silences that the next round tries on `connections` connections (at least one): fewer if
    // that is enough, each longer than the one before. Empty if the search is over.
    std::vector<Duration> plan(std::size_t connections) const;

    void begin_round() { ++round_; }
    // A connection was silent for so long, and then its message was echoed.
    void survived(Duration silence);
    // It ended after this silence: while nothing was sent (`watched`), or by a message afterwards.
    void ended(Duration silence, IdleEnd by, bool watched);
    // Whether the round needs the outcome of a connection that is to be silent for `planned` and
    // has been for `so_far`.
    bool matters(Duration planned, Duration so_far) const;
    // Until which silence the round needs connections with longer ones; nullopt if it does not.
    std::optional<Duration> watch_until() const;
    void end_round();

    unsigned round() const { return round_; }
    const std::vector<Silence>& silences() const { return silences_; }
    IdleTimeout found() const;

  private:
    Duration lower() const;
    bool is_confirmed() const;
    bool is_seen_twice() const;
    bool is_over() const;

    Duration max_;
    unsigned round_ = 0;
    unsigned refuted_ = 0;
    std::vector<Silence> silences_;
    std::optional<Silence> upper_;  // the shortest that ended a connection and is not refuted
};

}  // namespace sockbox::probe

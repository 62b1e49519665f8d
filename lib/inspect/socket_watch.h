// Comparing readings of sockets: what changed, at which rate, and which sockets came and went.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inspect/destroyed_sockets.h"
#include "inspect/outcome.h"
#include "inspect/socket_search.h"
#include "system/clock.h"

namespace sockbox::net {

// What was read from a socket at one time.
struct SocketReading {
    FoundSocket target;      // need not be open any more
    Clock::time_point when;  // when it was read
    // The options that could be read. TCP_INFO is not among them: its bytes are in the facts.
    struct Value {
        Option option;      // which was read
        OptionValue value;  // its value
    };
    std::vector<Value> values;
    bool was_open = true;       // false: only the facts are known
    bool has_tcp_info = false;  // TCP_INFO was read as well

    // Adds the value of an option, if there is one.
    void add(const Outcome& outcome);
};

// A value that differs from that of the previous reading.
struct ValueChange {
    // "SO_RCVBUF"; "TCP_INFO.rtt", a member of a structure; or "state", "local", "peer" and
    // "holder", the process and descriptor.
    std::string name;
    const OptionRow* row = nullptr;  // null unless it is the whole value of an option
    std::string_view unit;
    Trend trend = Trend::gauge;
    std::optional<OptionValue> before;  // nullopt: it could not be read, or was not known
    std::optional<OptionValue> value;
    std::optional<double>
        per_second;  // of a counter: its growth over the time between the readings
};

// The process and descriptor, "nginx[812] fd 6"; empty if not known.
std::string holder_of(const FoundSocket& target);

// The changes from one reading of a socket to the next. Unless `with_ages`, those that only the
// passing of time causes are left out: values of Trend::age, clocks, and opaque bytes such as
// TCP_CC_INFO.
std::vector<ValueChange> changes_between(const SocketReading& before, const SocketReading& now,
                                         bool with_ages);

// Receives what a SocketWatch finds out. The arguments are valid only during the call.
class WatchEvents {
  public:
    virtual ~WatchEvents() = default;
    // A socket that the previous reading did not have.
    virtual void appeared(const SocketReading& socket) = 0;
    virtual void changed(const SocketReading& socket, const std::vector<ValueChange>& changes) = 0;
    // A socket that is closed. If the kernel reported its end, its TCP_INFO is the last one. `seen`
    // is false if it came and went between two readings.
    virtual void gone(const SocketReading& socket, bool seen) = 0;
};

// Which changes are reported.
struct WatchRules {
    bool with_ages = false;  // see changes_between()
    // destroyed() is called for each TCP and UDP socket of this network namespace at its end. One
    // that is missing in a reading is then expected to be reported, until the next reading.
    bool ends_are_reported = false;
    // Which of the sockets that no reading has seen are of interest at their end.
    SocketFilter filter;
};

// Turns readings, one after another, into events. It knows no clock and no socket. Memory grows
// with the number of sockets in a reading, not with time. Not synchronized.
//
//     SocketWatch watch(rules, events);
//     for (;;) {
//         watch.begin();
//         for (each socket)
//             watch.add(read(socket));
//         watch.end();
//         for (const DestroyedSocket& destroyed : sockets.take().sockets)
//             watch.destroyed(destroyed, Clock::now());
//     }
class SocketWatch {
  public:
    // `events` must outlive the object.
    SocketWatch(WatchRules rules, WatchEvents& events)
        : rules_(std::move(rules)), events_(events) {}

    // Identifies a socket: by its cookie, or by its inode if it has none.
    static std::uint64_t identity(const FoundSocket& target);
    // Whether the previous reading had it, or this one already has.
    bool knows(std::uint64_t identity) const { return sockets_.contains(identity); }
    // Whether this reading already has it, as it does if several descriptors refer to it.
    bool has(std::uint64_t identity) const;

    // Begins a reading, and adds a socket to it.
    void begin() { ++reading_; }
    void add(SocketReading&& socket);
    // The reading is complete, so that the sockets that it does not have are gone. Not to be called
    // if it was cut short.
    void end();

    // The kernel reported the end of a socket, at about this time. Not between begin() and end().
    void destroyed(const DestroyedSocket& destroyed, Clock::time_point when);

    // How many sockets the latest reading has.
    std::size_t size() const { return sockets_.size(); }
    // How many sockets are remembered that were reported as gone, whose end the kernel may still
    // report, as it does of one that has data to send after it was closed.
    std::size_t remembered() const { return reported_order_.size(); }
    static constexpr std::size_t max_reported = 65'536;

  private:
    struct Entry {
        SocketReading socket;
        std::uint64_t reading = 0;  // the latest one that has it
        bool missing = false;       // was not in the previous reading; its end is expected
    };

    bool end_is_expected(const SocketReading& socket) const;
    bool is_of_interest(const SocketFacts& destroyed) const;
    void remember_reported(std::uint64_t identity);

    const WatchRules rules_;
    WatchEvents& events_;
    std::unordered_map<std::uint64_t, Entry> sockets_;
    std::uint64_t reading_ = 0;
    std::set<std::uint16_t> listening_;  // ports on which sockets of the latest reading listen
    std::unordered_set<std::uint64_t> reported_;
    std::deque<std::uint64_t> reported_order_;
};

}  // namespace sockbox::net

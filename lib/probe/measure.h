// Measuring round trips over any number of connections: the plan, the lanes that carry messages,
// and the threads that drive them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/signals.h"
#include "net/socket.h"
#include "stats/measurement.h"
#include "stats/tally.h"

namespace sockbox::probe {

struct Reply {
    std::uint64_t sequence;
    std::chrono::nanoseconds rtt;
    std::size_t bytes;
    std::optional<net::Endpoint> from{};  // where many may answer: which one did
};

struct MeasurePlan {
    std::uint64_t count = 0;               // round trips; 0: no bound
    std::chrono::nanoseconds time{0};      // 0: no bound
    std::chrono::nanoseconds interval{0};  // of each lane; 0: the next once the last came back
    double rate = 0;  // messages a second over all lanes: open loop; 0: closed loop
    std::chrono::nanoseconds timeout{std::chrono::seconds(2)};  // a later reply is lost
    std::chrono::nanoseconds warmup{0};                         // not counted
    std::size_t threads = 1;
    std::uint64_t first_sequence = 1;
    std::function<void(const Reply&)> on_reply;  // may be empty; called by the lanes' threads

    bool is_endless() const { return count == 0 && time.count() == 0; }
};

class Snapshots;

// What one thread gathers, and all of them together.
struct Measured {
    stats::Phase phase = stats::Phase::measuring;
    stats::Measurement numbers;
    stats::Tally errors;
    std::map<std::string, std::uint64_t> responders;  // where many may answer: replies of each
    net::Clock::time_point begin{};                   // of what is counted

    // A counted message was answered in time, or is given up.
    void answered(net::Clock::time_point now, std::chrono::nanoseconds rtt);
    // The answer to one whose time began at `origin` was read now, and known of since `told`.
    void read_late(net::Clock::time_point now, net::Clock::time_point told,
                   net::Clock::time_point origin);
    void lost(net::Clock::time_point now);
    void lost(net::Clock::time_point now, std::uint64_t number);  // where numbers are told
    // One that was given up has come after all.
    void late(net::Clock::time_point now);

    // "connect: Connection refused (ECONNREFUSED)": without the address, which is that of all.
    void failed(const net::Error& error);

    // How long it has been counting; 0 during the warm-up.
    std::chrono::nanoseconds elapsed() const;

    void merge(const Measured& other);
};

struct Message {
    std::uint64_t sequence;
    net::Clock::time_point due;  // when the schedule wanted it sent
    bool counted;                // not of the warm-up
};

// One connection or socket, used by one thread.
class Lane {
  public:
    virtual ~Lane() = default;

    virtual net::NativeSocket native() const = 0;  // invalid_socket: nothing to wait for
    virtual bool wants_to_send() const = 0;        // waits for room, or for its connection
    virtual bool can_take(net::Clock::time_point now) const = 0;
    virtual bool is_dead() const = 0;             // will never take a message again
    virtual std::size_t outstanding() const = 0;  // neither answered nor lost
    virtual net::Deadline next_expiry() const = 0;

    // Begins to connect, where it is to be connected before its first message. Called once, before
    // the first message.
    virtual void open() {}
    // Whether that goes on; then it waits for its socket to take data, and on_ready() ends it.
    virtual bool is_opening() const { return false; }

    // Sends it, or keeps it to be sent.
    virtual void take(const Message& message, net::Clock::time_point now) = 0;
    // Sends what take() has kept back to be sent together; called when no more is due now.
    virtual void flush() {}
    // Moves what can be moved without blocking. `events` is what poll(2) told, and `told` when.
    virtual void on_ready(int events, net::Clock::time_point told) = 0;
    // Counts as lost what has waited for too long.
    virtual void expire(net::Clock::time_point now) = 0;
    // Adds what the lane keeps to itself while it runs: to a copy of the numbers of a run under
    // way, and at the end, by conclude(), to the numbers themselves.
    virtual void tell(Measured& numbers) const { static_cast<void>(numbers); }
    // Counts what is outstanding as pending, and tells.
    virtual void conclude() = 0;
};

// Makes the lane of that number, which records into `measured`.
using MakeLane = std::function<net::Result<std::unique_ptr<Lane>>(
    std::size_t number, const MeasurePlan& plan, Measured& measured)>;

// Runs the plan over `lanes` lanes, spread over its threads, once they are open. Blocks until all
// is sent and answered or lost, no lane is left alive, or `stop` is raised. Others look at it
// through `snapshots` (may be null) meanwhile. Fails when a lane cannot be made or a thread cannot
// be started.
net::Result<Measured> measure(const MeasurePlan& plan, std::size_t lanes, const MakeLane& make_lane,
                              const net::StopSignal& stop, Snapshots* snapshots = nullptr);

}  // namespace sockbox::probe

// Round-trip measurements over any number of connections: the plan, the lanes and the threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/signals.h"
#include "net/socket.h"
#include "probe/reply_timeout.h"
#include "stats/measurement.h"
#include "stats/tally.h"

namespace sockbox::probe {

// A reply, as on_reply receives it: the echo in time, or something else.
struct Reply {
    std::optional<std::uint64_t> sequence;  // nullopt if it is not known what is answered
    // nullopt if the reply is not the echo, or cannot be told apart from others.
    std::optional<std::chrono::nanoseconds> rtt;
    std::size_t bytes;                    // its whole length
    std::optional<net::Endpoint> from{};  // if several hosts may answer, or another one did
    std::string objection{};              // why it is not the echo; empty if it is
};

// How a measurement sends, and when it ends: after `count` messages or after `time`, whichever
// comes first, else when it is stopped.
struct MeasurePlan {
    std::uint64_t count = 0;               // round trips; 0: unlimited
    std::chrono::nanoseconds time{0};      // 0: unlimited
    std::chrono::nanoseconds interval{0};  // for each lane; 0: send when the last reply has arrived
    double rate = 0;  // messages per second over all lanes (open loop); 0: closed loop
    std::chrono::nanoseconds timeout{default_reply_timeout};  // a later reply counts as lost
    std::chrono::nanoseconds warmup{0};                       // excluded from the results
    std::chrono::nanoseconds spin{0};  // how long to poll before sleeping (net::Spin)
    std::size_t threads = 1;
    std::uint64_t first_sequence = 1;
    // Both are called from any measuring thread, and may be empty. on_unsent receives the sequence
    // number of a message that could not be sent, and the reason.
    std::function<void(const Reply&)> on_reply{};
    std::function<void(std::uint64_t, const net::Error&)> on_unsent{};

    bool is_endless() const { return count == 0 && time.count() == 0; }
};

// Lets another thread read the results of a run in progress.
class Snapshots;

// One message to be sent.
struct Message {
    std::uint64_t sequence;
    net::Clock::time_point due;  // the scheduled time of sending
    bool counted;                // false during the warm-up
};

// The results of one thread, or of all of them together.
struct Measured {
    stats::Phase phase = stats::Phase::measuring;
    stats::Measurement numbers;
    stats::Tally errors;
    std::map<std::string, std::uint64_t> responders;  // replies by host, if several may answer
    net::Clock::time_point begin{};                   // the end of the warm-up

    // Records that a counted message was answered in time, or given up as lost. Without `rtt` it is
    // not known which message was answered.
    void answered(net::Clock::time_point now, std::optional<std::chrono::nanoseconds> rtt);
    // Records how long a reply to a message with this `origin` waited to be read: since `ready_at`,
    // when poll(2) reported it.
    void record_unread(net::Clock::time_point now, net::Clock::time_point ready_at,
                       net::Clock::time_point origin);
    void lost(net::Clock::time_point now);
    // With its sequence number, for datagrams.
    void lost(net::Clock::time_point now, std::uint64_t number);
    // Records a reply to a message that had been given up.
    void late(net::Clock::time_point now);
    // Records that a message could not be sent, and calls plan.on_unsent.
    void unsent(const MeasurePlan& plan, const Message& message, const net::Error& error);

    // Counts an error by its action, which is the phase of the exchange ("connect", "send",
    // "receive" or "icmp"), its reason and its code. The address is the same for all.
    void failed(const net::Error& error);

    // The time since the end of the warm-up; 0 during it.
    std::chrono::nanoseconds elapsed() const;

    void merge(const Measured& other);
};

// A connection or socket that carries messages. Used by one thread at a time, and no method blocks.
class Lane {
  public:
    virtual ~Lane() = default;

    virtual net::NativeSocket native() const = 0;  // invalid_socket: nothing to wait for
    virtual bool waits_to_send() const = 0;        // waits for POLLOUT: to send or to connect
    virtual bool can_take(net::Clock::time_point now) const = 0;
    virtual bool is_dead() const = 0;             // will never take another message
    virtual std::size_t outstanding() const = 0;  // messages neither answered nor lost
    virtual net::Deadline next_expiry() const = 0;

    // Starts to connect, if the lane connects before its first message. Called once, before the
    // first message.
    virtual void open() {}
    // Whether the connection is still in progress; it then waits for POLLOUT, and on_ready()
    // completes it.
    virtual bool is_opening() const { return false; }

    // Sends a message, or queues it.
    virtual void take(const Message& message, net::Clock::time_point now) = 0;
    // Sends what take() has queued in order to send it in one batch; called when nothing more is
    // due.
    virtual void flush() {}
    // Sends and receives what it can without blocking. `events` is what poll(2) reported, and
    // `ready_at` is when.
    virtual void on_ready(int events, net::Clock::time_point ready_at) = 0;
    // Counts messages that have exceeded their timeout as lost.
    virtual void expire(net::Clock::time_point now) = 0;
    // Adds results that the lane keeps for itself during the run: to a copy of the numbers while it
    // is in progress and, from conclude(), to the numbers themselves.
    virtual void add_results(Measured& numbers) const { static_cast<void>(numbers); }
    // Counts outstanding messages as pending, and adds what add_results() adds.
    virtual void conclude() = 0;
};

// Creates lane `number` (from 0), which records into `measured`.
using MakeLane = std::function<net::Result<std::unique_ptr<Lane>>(
    std::size_t number, const MeasurePlan& plan, Measured& measured)>;

// Opens `lanes` lanes and runs the plan over them on plan.threads threads, one of which is the
// caller's. Blocks until everything sent is answered or lost, every lane is dead, or `stop` is
// raised. Another thread may read results in the meantime through `snapshots` (may be null). Fails
// if a lane cannot be created or a thread cannot be started; failed connections are counted in
// `errors` instead.
//
//     MeasurePlan plan;
//     plan.count = 1000;
//     const auto make_lane = [&](std::size_t, const MeasurePlan& plan, Measured& measured)
//         -> net::Result<std::unique_ptr<Lane>> {
//         return std::make_unique<StreamLane>(plan, options, payload, measured, std::nullopt);
//     };
//     const auto measured = measure(plan, 8, make_lane, stop);
net::Result<Measured> measure(const MeasurePlan& plan, std::size_t lanes, const MakeLane& make_lane,
                              const net::StopSignal& stop, Snapshots* snapshots = nullptr);

// Opens the lanes in order, at most 64 at a time, so that the server's backlog does not overflow
// and no lane waits here for the others and counts that as its connect time. Blocks until all are
// open or have failed, or `stop` is raised. If there is no progress for 1 s, or after 30 s, because
// the server leaves connections waiting, it opens all remaining lanes at once and returns; they
// finish connecting, in parallel, during the measurement.
void open_lanes(std::span<Lane* const> lanes, const net::StopSignal& stop);

// The measuring threads share no counters, which would slow them down: between two turns of its
// loop, each checks whether a snapshot is wanted and, if so, leaves a copy of its numbers. Every
// method may be called from any thread.
class Snapshots {
  public:
    // The results so far; messages sent but neither answered nor lost are pending. Blocks until
    // each thread has left its copy, about 10 ms, or has ended. Empty while the lanes are
    // connecting; the final result once the run is over.
    Measured take();

    // For measure(): begin() announces the number of threads. Each of them then calls
    // is_requested() in every turn, which costs one atomic load, and leave() if it returns true
    // and, with `last`, once at its end.
    void begin(std::size_t threads);
    bool is_requested(std::size_t thread) const;
    void leave(std::size_t thread, const Measured& measured, bool last);

  private:
    struct Copy {
        std::uint64_t question = 0;  // the request that it answers
        Measured measured;
    };
    static constexpr std::uint64_t every_question = ~std::uint64_t{0};

    std::atomic<std::uint64_t> latest_question_{0};
    std::mutex mutex_;
    std::condition_variable left_;
    std::vector<Copy> copies_;
};

}  // namespace sockbox::probe

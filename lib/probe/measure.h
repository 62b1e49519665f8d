// Measuring any number of servers at the same time, on a few threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "net/signals.h"
#include "probe/lane_group.h"
#include "probe/lane_loop.h"

namespace sockbox::probe {

// How all measurements of a run are made.
struct MeasureOptions {
    std::size_t threads = 1;
    std::chrono::nanoseconds spin{0};  // how long to poll before sleeping (net::Spin)
    bool lasting = false;              // goes on until it is stopped, even without a server
};

// The measurements of one run. Each thread runs one loop, and the lanes of a server are spread over
// the loops. Every method may be called from any thread, except where it says otherwise.
//
//     auto measurements = Measurements::create({.threads = 2}, stop);
//     const auto number = (*measurements)->add({plan, 8, make_lane, server});
//     if (auto started = (*measurements)->start(); !started)
//         return fail(started.error());
//     (*measurements)->wait_until(net::no_deadline);
//     const Result<Measured>& measured = *(*measurements)->outcome(number);
class Measurements {
  public:
    // `stop` ends the run; it must outlive the object. Fails if no descriptor is left.
    static net::Result<std::unique_ptr<Measurements>> create(const MeasureOptions& options,
                                                             const net::StopSignal& stop);
    Measurements(const Measurements&) = delete;
    // Blocks until the run is over.
    ~Measurements();

    using Number = std::size_t;

    // Adds a server: before start() or, in a lasting run, an endless plan at any time. Numbers are
    // not used twice.
    Number add(TargetPlan plan);
    // Ends the measurement of a server, whose outcome is known soon afterwards.
    void remove(Number number);
    // Forgets a server whose outcome is known.
    void forget(Number number);

    // Starts the threads, and returns. Unless the run is lasting, each thread first opens all its
    // lanes, and fails the servers for which a lane cannot be created. Failed connections are
    // counted in `errors` instead. Fails if a thread cannot be started; call it once.
    net::Status start();
    // Blocks until the run is over, or `deadline` has passed; returns whether it is over.
    bool wait_until(net::Deadline deadline);

    // The results so far of these servers; messages sent but neither answered nor lost are pending.
    // Blocks until each loop has finished its turn, and pauses the loop for some microseconds for
    // each server.
    std::vector<Measured> so_far(std::span<const Number> numbers) const;
    Measured so_far(Number number) const { return std::move(so_far({&number, 1}).front()); }
    // The final result, once there is one. It stays valid until the server is forgotten.
    const net::Result<Measured>* outcome(Number number) const;

  private:
    struct Target;

    Measurements(const MeasureOptions& options, const net::StopSignal& stop)
        : options_(options), stop_(stop) {}
    std::shared_ptr<Target> find(Number number) const;
    std::vector<std::shared_ptr<Target>> all() const;
    void run(std::size_t loop);
    void open_all();
    void begin(const std::shared_ptr<Target>& target);
    std::shared_ptr<Target> next_unbegun(Number from);
    void note_end(LaneGroup& group);
    void set_outcome(Target& target, net::Result<Measured> outcome);

    const MeasureOptions options_;
    const net::StopSignal& stop_;
    std::vector<std::unique_ptr<LaneLoop>> loops_;
    std::vector<std::thread> threads_;
    mutable std::mutex mutex_;  // guards all that follows
    std::condition_variable changed_;
    std::map<Number, std::shared_ptr<Target>> targets_;
    Number next_number_ = 0;
    enum class Stage : std::uint8_t { before, opened, cancelled } stage_ = Stage::before;
    std::size_t running_ = 0;  // threads
};

}  // namespace sockbox::probe

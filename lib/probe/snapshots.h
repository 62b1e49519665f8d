// Snapshots of a measurement in progress, for another thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "probe/measure.h"

namespace sockbox::probe {

// The measuring threads share no counters, which would slow them down: between two turns of its
// loop, each checks whether a snapshot is wanted and, if so, leaves a copy of its numbers. Every
// method may be called from any thread.
class Snapshots {
  public:
    // The results so far; messages sent but neither answered nor lost are pending. Blocks until
    // each thread has left its copy, about 10 ms, or has ended. Empty while the lanes are
    // connecting; the final result once the run is over.
    Measured take();

    // For measure(): begin() announces the number of threads. Each of them then calls wants() in
    // every turn, which costs one atomic load, and leave() if it returns true and, with `last`,
    // once at its end.
    void begin(std::size_t threads);
    bool wants(std::size_t thread) const;
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

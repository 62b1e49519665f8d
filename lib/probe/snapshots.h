// Copies of the numbers of a measurement under way, for another thread to look at.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "probe/measure.h"

namespace sockbox::probe {

// The measuring threads share nothing that would slow them down: each leaves a copy of its numbers
// when it sees that one is wanted, between two turns of its loop. Every method may be called from
// any thread.
class Snapshots {
  public:
    // What has been measured by now; what is sent and not decided is pending. Blocks until each
    // thread has left its copy, which takes some 10 ms, or has ended. Nothing while it is
    // connecting, and the result once it is over.
    Measured take();

    // For measure(): the run begins with so many threads, each of which asks in every turn whether
    // a copy of its numbers is wanted (an atomic load), leaves one then, and once more, with
    // `last`, at its end.
    void begin(std::size_t threads);
    bool wants(std::size_t thread) const;
    void leave(std::size_t thread, const Measured& measured, bool last);

  private:
    struct Copy {
        std::uint64_t question = 0;  // the one that it answers
        Measured measured;
    };
    static constexpr std::uint64_t every_question = ~std::uint64_t{0};

    std::atomic<std::uint64_t> latest_question_{0};
    std::mutex mutex_;
    std::condition_variable left_;
    std::vector<Copy> copies_;
};

}  // namespace sockbox::probe

// Work by several threads whose results are used one after another, in the order it was given.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sockbox::tools {

class InOrder {
  public:
    using Use = std::function<void()>;
    // Gets the number of the thread that does it, below `threads`; what it returns is called on any
    // of the threads, never two at once, in the order of give().
    using Work = std::function<Use(std::size_t thread)>;

    // Threads start as there is work for them, each with a call of `begin` (which may be empty); if
    // none can be started, give() does the work itself.
    InOrder(std::size_t threads, std::function<void()> begin);
    InOrder(const InOrder&) = delete;
    InOrder& operator=(const InOrder&) = delete;
    ~InOrder();

    // From one thread only. Blocks while too much is under way, so that what waits is bounded.
    void give(Work work);
    // Blocks until all that was given is done and used.
    void finish();

  private:
    struct Slot {
        Work work;
        Use use;
        bool done = false;
    };

    Slot& slot(std::size_t number) { return slots_[number % slots_.size()]; }
    bool start_thread();
    void work_off(std::size_t thread);
    void use_results(std::unique_lock<std::mutex>& lock);

    const std::size_t most_threads_;
    const std::function<void()> begin_;
    std::mutex mutex_;
    std::condition_variable more_;  // to do, or the end
    std::condition_variable room_;  // in the slots
    std::vector<Slot> slots_;       // a ring: of what was given, but is not used yet
    std::size_t given_ = 0;         // so far, and so the number of the next one
    std::size_t taken_ = 0;
    std::size_t used_ = 0;
    bool using_ = false;  // some thread uses results
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace sockbox::tools

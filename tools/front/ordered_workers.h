// A thread pool whose results are used one at a time, in the order in which the work was given.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sockbox::tools {

class OrderedWorkers {
  public:
    using Use = std::function<void()>;
    // Called with the number of its thread, which is less than `threads`. The returned Use is
    // called on any of the threads, in the order of give(); no two run at the same time.
    using Work = std::function<Use(std::size_t thread)>;

    // Starts up to `threads` threads, one for each of the first calls of give(). Each thread first
    // calls `begin`, which may be empty. If no thread can be started, give() does the work itself.
    OrderedWorkers(std::size_t threads, std::function<void()> begin);
    OrderedWorkers(const OrderedWorkers&) = delete;
    OrderedWorkers& operator=(const OrderedWorkers&) = delete;
    ~OrderedWorkers();

    // Queues work. To be called from one thread only. Blocks while the queue is full.
    void give(Work work);
    // Blocks until all work is done and all results are used.
    void finish();

  private:
    struct PieceOfWork {
        Work work;
        Use use;
        bool done = false;
    };

    PieceOfWork& slot(std::size_t number) { return slots_[number % slots_.size()]; }
    bool start_thread();
    void work_off(std::size_t thread);
    void use_results(std::unique_lock<std::mutex>& lock);

    const std::size_t max_threads_;
    const std::function<void()> begin_;
    std::mutex mutex_;
    std::condition_variable more_;    // work was given, or the object is being destroyed
    std::condition_variable room_;    // a slot is free
    std::vector<PieceOfWork> slots_;  // a ring of work whose result has not been used yet
    std::size_t given_ = 0;           // pieces given so far: the number of the next one
    std::size_t taken_ = 0;
    std::size_t used_ = 0;
    bool using_ = false;  // a thread is using results
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace sockbox::tools

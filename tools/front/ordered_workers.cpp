// A ring of slots between the caller, the worker threads and the thread that uses the results.
#include "tools/front/ordered_workers.h"

#include <system_error>

#include "system/thread.h"

namespace sockbox::tools {
namespace {

// Enough to keep threads busy while one of them works on the oldest slot.
constexpr std::size_t slots_a_thread = 4;

}  // namespace

OrderedWorkers::OrderedWorkers(std::size_t threads, std::function<void()> begin)
    : max_threads_(threads), begin_(std::move(begin)), slots_(threads * slots_a_thread) {}

OrderedWorkers::~OrderedWorkers() {
    finish();
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    more_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void OrderedWorkers::give(Work work) {
    if (threads_.size() < max_threads_ && !start_thread() && threads_.empty())
        return work(0)();
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return given_ - used_ < slots_.size(); });
    slot(given_++).work = std::move(work);
    more_.notify_one();
}

void OrderedWorkers::finish() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return used_ == given_; });
}

bool OrderedWorkers::start_thread() {
    return net::start_thread_in(threads_,
                                [this, number = threads_.size()] {
                                    if (begin_)
                                        begin_();
                                    work_off(number);
                                })
        .has_value();
}

void OrderedWorkers::work_off(std::size_t thread) {
    std::unique_lock lock(mutex_);
    for (;;) {
        more_.wait(lock, [&] { return taken_ < given_ || ended_; });
        if (taken_ == given_)
            return;
        PieceOfWork& mine = slot(taken_++);
        const Work work = std::move(mine.work);
        lock.unlock();
        Use use = work(thread);
        lock.lock();
        mine.use = std::move(use);
        mine.done = true;
        use_results(lock);
    }
}

// Uses all results that are next in order, including those that other threads finish meanwhile, so
// that no thread waits for its turn.
void OrderedWorkers::use_results(std::unique_lock<std::mutex>& lock) {
    if (using_)
        return;
    using_ = true;
    while (slot(used_).done) {
        PieceOfWork& next = slot(used_);
        const Use use = std::move(next.use);
        next.done = false;
        lock.unlock();
        use();
        lock.lock();
        ++used_;
        // Not for each free slot: the caller would be woken for every piece of work.
        if (given_ - used_ <= slots_.size() / 2)
            room_.notify_one();
    }
    using_ = false;
}

}  // namespace sockbox::tools

// Requests for snapshots and the copies that answer them.
#include "probe/snapshots.h"

#include <algorithm>

namespace sockbox::probe {

Measured Snapshots::take() {
    std::unique_lock lock(mutex_);
    const std::uint64_t question = ++latest_question_;
    left_.wait(lock, [&] {
        return std::ranges::all_of(copies_,
                                   [&](const Copy& copy) { return copy.question >= question; });
    });
    Measured all;
    for (const Copy& copy : copies_)
        all.merge(copy.measured);
    if (copies_.empty()) {
        all.phase = stats::Phase::connecting;
        return all;
    }
    all.begin = copies_.front().measured.begin;
    all.numbers.open_loop = copies_.front().measured.numbers.open_loop;
    if (net::Clock::now() < all.begin)
        all.phase = stats::Phase::warming_up;
    stats::Measurement& numbers = all.numbers;
    numbers.pending = numbers.sent - numbers.received - numbers.lost;
    return all;
}

void Snapshots::begin(std::size_t threads) {
    const std::lock_guard lock(mutex_);
    copies_.resize(threads);
}

// Only this thread writes its copy's `question` (under the lock, for take()), so it may read it
// without the lock.
bool Snapshots::wants(std::size_t thread) const {
    return copies_[thread].question < latest_question_.load();
}

void Snapshots::leave(std::size_t thread, const Measured& measured, bool last) {
    Copy& copy = copies_[thread];
    const std::uint64_t question = last ? every_question : latest_question_.load();
    if (copy.question >= question)
        return;
    const std::lock_guard lock(mutex_);
    copy.measured = measured;
    if (!last)
        copy.measured.numbers.duration = measured.elapsed();
    copy.question = question;
    left_.notify_all();
}

}  // namespace sockbox::probe

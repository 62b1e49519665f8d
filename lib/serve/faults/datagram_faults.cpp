// Drops, duplicates, corrupts, truncates, reorders, delays, stalls and throttles replies.
#include "serve/faults/datagram_faults.h"

#include <algorithm>

namespace sockbox::serve {
namespace {

constexpr std::size_t max_replies = 4096;
constexpr std::size_t max_bytes = 16 * 1024 * 1024;

// The longest that a reply waits for the throttled line, as the latency of tc-tbf(8): a longer
// queue would delay replies for a long time after a flood has ended.
constexpr std::chrono::seconds max_wait{1};

// The longest that a reordered reply waits for the next one.
constexpr std::chrono::milliseconds swap_patience{50};

}  // namespace

DatagramFaults::DatagramFaults(std::shared_ptr<const Faults> faults)
    : faults_(std::move(faults)), dice_(faults_->seed, 0) {}

bool DatagramFaults::add(const net::Socket& socket, const net::BatchedDatagram& datagram,
                         net::Deadline now) noexcept {
    try {
        return add_or_throw(socket, datagram, now);
    } catch (const std::bad_alloc&) {
        return false;
    }
}

// Draws random numbers for every fault, enabled or not: so enabling one fault does not change what
// happens to a datagram because of another.
bool DatagramFaults::add_or_throw(const net::Socket& socket, const net::BatchedDatagram& datagram,
                                  net::Deadline now) {
    const bool dropped = dice_.happens(faults_->drop);
    const bool doubled = dice_.happens(faults_->duplicate);
    const bool swapped = dice_.happens(faults_->reorder);
    const bool corrupted = dice_.happens(faults_->corrupt);
    const bool truncated = dice_.happens(faults_->truncate);
    const double place = dice_.share();
    Reply reply{&socket, datagram, {datagram.data.begin(), datagram.data.end()}, false};
    const auto size = static_cast<double>(reply.bytes.size());
    if (const auto number = dice_.number(); corrupted && !reply.bytes.empty())
        reply.bytes[static_cast<std::size_t>(place * size)] ^=
            static_cast<std::byte>(number % 255 + 1);
    if (truncated)
        reply.bytes.resize(static_cast<std::size_t>(place * size));
    const net::Deadline undelayed = now + dice_.around(faults_->delay, faults_->jitter);
    const net::Deadline due = faults_->after_stall(throttled(undelayed));
    const net::Deadline latest = now + faults_->delay + faults_->jitter + max_wait;
    if (dropped || throttled(undelayed) > latest)
        return false;
    Reply copy = reply;
    copy.copy = true;
    const bool last_waits = swapped_ != queue_.end();
    const bool waits = swapped && !last_waits;
    const std::size_t bytes = reply.bytes.size();
    const bool held = hold(std::move(reply), waits ? due + swap_patience : due);
    if (held)
        occupy_line(undelayed, bytes);
    if (last_waits)
        release_swapped(due);
    else if (held && waits)
        swapped_ = std::prev(queue_.upper_bound(due + swap_patience));
    if (doubled && throttled(undelayed) <= latest && hold(std::move(copy), due))
        occupy_line(undelayed, bytes);
    return held;
}

// The next reply has come: the reordered one leaves after it.
void DatagramFaults::release_swapped(net::Deadline due) {
    auto entry = queue_.extract(std::exchange(swapped_, queue_.end()));
    entry.key() = due;
    queue_.insert(std::move(entry));
}

bool DatagramFaults::hold(Reply&& reply, net::Deadline due) noexcept {
    if (queue_.size() >= max_replies || bytes_ + reply.bytes.size() > max_bytes)
        return false;
    const std::size_t size = reply.bytes.size();
    try {
        queue_.emplace(due, std::move(reply));
    } catch (const std::bad_alloc&) {
        return false;
    }
    bytes_ += size;
    return true;
}

// All replies share a line of this rate. Only those that are sent occupy it.
net::Deadline DatagramFaults::throttled(net::Deadline due) const {
    return faults_->throttle == 0 ? due : std::max(due, free_);
}

void DatagramFaults::occupy_line(net::Deadline due, std::size_t bytes) {
    if (faults_->throttle == 0)
        return;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(faults_->throttle);
    free_ = throttled(due) + to_duration(seconds);
}

net::Deadline DatagramFaults::next_due() const noexcept {
    return queue_.empty() ? net::no_deadline : queue_.begin()->first;
}

void DatagramFaults::take(Queue::iterator entry, Reply& reply) {
    if (swapped_ == entry)
        swapped_ = queue_.end();
    reply = std::move(entry->second);
    reply.datagram.data = reply.bytes;
    bytes_ -= reply.bytes.size();
    queue_.erase(entry);
}

bool DatagramFaults::take_due(net::Deadline now, Reply& reply) {
    if (next_due() > now)
        return false;
    take(queue_.begin(), reply);
    return true;
}

bool DatagramFaults::take_any(const net::Socket& socket, Reply& reply) {
    const auto found = std::find_if(queue_.begin(), queue_.end(), [&socket](const auto& entry) {
        return entry.second.socket == &socket;
    });
    if (found == queue_.end())
        return false;
    take(found, reply);
    return true;
}

}  // namespace sockbox::serve

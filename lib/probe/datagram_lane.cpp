// Datagrams and their replies: lost, late, twice, out of order, changed, or not ours.
#include "probe/datagram_lane.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "net/result.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t longest_datagram = 65536;
constexpr std::size_t least_records = 1024;
constexpr std::size_t most_records = std::size_t{1} << 20;
constexpr std::uint64_t content_depth = 4096;  // how far back a short datagram is looked for
constexpr int most_at_once = 256;              // so that sending is not starved by receiving

// Room for all that can be awaited at the planned rate, and as much again for late ones.
std::size_t ring_size(const MeasurePlan& plan) {
    const double per_s = plan.rate > 0 ? plan.rate
                         : plan.interval.count() > 0
                             ? 1e9 / static_cast<double>(plan.interval.count())
                             : 0;
    const double wanted = 2 * per_s * std::chrono::duration<double>(plan.timeout).count();
    const double bounded = std::clamp(wanted, double{least_records}, double{most_records});
    return std::bit_ceil(static_cast<std::size_t>(bounded));
}

std::uint64_t random_session() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

template <class Value>
Value read_at(std::span<const std::byte> bytes, std::size_t offset) {
    Value value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <class Value>
void write_at(std::span<std::byte> bytes, std::size_t offset, Value value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace

DatagramLane::DatagramLane(const MeasurePlan& plan, const Payload& payload, Measured& measured,
                           net::Socket socket)
    : plan_(plan),
      payload_(payload),
      measured_(measured),
      socket_(std::move(socket)),
      session_(random_session()),
      ring_(ring_size(plan)),
      scratch_(payload.size()),
      buffer_(longest_datagram) {}

bool DatagramLane::can_take(net::Clock::time_point) const {
    return ring_[next_ % ring_.size()].state != State::awaited;
}

net::Deadline DatagramLane::next_expiry() const {
    if (outstanding_ == 0)
        return net::no_deadline;
    return ring_[oldest_ % ring_.size()].origin + plan_.timeout;
}

// The datagram of that number as it was sent, rebuilt from its record.
std::span<const std::byte> DatagramLane::datagram(std::uint64_t index) {
    std::ranges::copy(payload_.message(index), scratch_.begin());
    if (has_header()) {
        write_at(std::span(scratch_), 0, session_);
        write_at(std::span(scratch_), 8, plan_.first_sequence + index);
        write_at(std::span(scratch_), 16, record(index).stamp);
    }
    return scratch_;
}

void DatagramLane::take(const Message& message, net::Clock::time_point now) {
    const std::uint64_t index = next_++;
    const auto origin = plan_.rate > 0 ? message.due : now;
    record(index) = {message, origin, now.time_since_epoch().count(), State::awaited};
    ++outstanding_;
    const net::Transfer sent = send_past_errors(datagram(index));
    if (sent.done()) {
        if (message.counted) {
            ++measured_.numbers.sent;
            measured_.numbers.sent_bytes += sent.bytes;
        }
        return;
    }
    settle(record(index), State::unused);
    if (message.counted)
        ++measured_.numbers.unsent;
    const auto code =
        sent.failed() ? sent.error : net::platform::error_of(std::errc::no_buffer_space);
    ++measured_.errors[net::Error{code, "send", {}, {}, {}}.message()];
}

// An error that waits on the socket is that of an earlier datagram, but it makes this send fail.
net::Transfer DatagramLane::send_past_errors(std::span<const std::byte> data) {
    net::Transfer sent = socket_.send(data);
    for (int tries = 0; tries < 3 && sent.failed(); ++tries) {
        take_errors();
        sent = socket_.send(data);
    }
    return sent;
}

void DatagramLane::on_ready() {
    take_errors();
    for (int taken = 0; taken < most_at_once; ++taken) {
        const net::Transfer got = socket_.receive(buffer_);
        if (got.done() || got.end())  // an empty datagram is one, too
            take_datagram(std::span(buffer_).first(got.bytes));
        else if (got.would_block())
            return;
        else
            take_errors();
    }
}

void DatagramLane::take_errors() {
    while (const auto error = net::take_icmp_error(socket_)) {
        ++measured_.errors[net::describe(*error)];
        give_up(*error);
    }
}

// What the network says it has not delivered need not be waited for.
void DatagramLane::give_up(const net::IcmpError& error) {
    const auto bytes = std::as_bytes(std::span(error.datagram));
    if (!error.sender || !has_header() || bytes.size() < datagram_header_bytes)
        return;
    const auto index = find_by_header(bytes);
    if (!index || record(*index).state != State::awaited)
        return;
    settle(record(*index), State::lost);
    if (record(*index).message.counted)
        measured_.lost(net::Clock::now());
}

void DatagramLane::take_datagram(std::span<const std::byte> got) {
    const auto index = has_header() ? find_by_header(got) : find_by_content(got);
    if (index)
        return answer(*index, got);
    // Whole and with our session it answers what was never sent; else it is beyond recognition.
    const bool foreign =
        has_header() && got.size() == payload_.size() && got.size() >= datagram_header_bytes;
    ++(foreign ? measured_.numbers.foreign : measured_.numbers.mismatched);
}

std::optional<std::uint64_t> DatagramLane::find_by_header(std::span<const std::byte> got) {
    if (got.size() < 16 || read_at<std::uint64_t>(got, 0) != session_)
        return std::nullopt;
    const std::uint64_t index = read_at<std::uint64_t>(got, 8) - plan_.first_sequence;
    return index < next_ && index >= oldest_kept() ? std::optional(index) : std::nullopt;
}

// The longest awaited of those that look the same, else one of those that were answered before.
std::optional<std::uint64_t> DatagramLane::find_by_content(std::span<const std::byte> got) {
    std::optional<std::uint64_t> settled;
    const std::uint64_t depth = std::min(next_ - oldest_kept(), content_depth);
    for (std::uint64_t index = next_ - depth; index < next_; ++index) {
        if (!std::ranges::equal(payload_.message(index), got))
            continue;
        if (record(index).state == State::awaited)
            return index;
        if (record(index).state != State::unused)
            settled = index;
    }
    return settled;
}

void DatagramLane::answer(std::uint64_t index, std::span<const std::byte> got) {
    const auto now = net::Clock::now();
    Record& entry = record(index);
    const State before = entry.state;
    const Message message = entry.message;
    const auto rtt = now - entry.origin;
    const bool wrong = !std::ranges::equal(datagram(index), got);
    const bool is_late = before == State::lost || (before == State::awaited && rtt > plan_.timeout);
    if (before == State::awaited)
        settle(entry, State::answered);
    entry.state = State::answered;
    const bool behind = index < highest_;
    highest_ = std::max(highest_, index + 1);
    if (!message.counted)
        return;
    stats::Measurement& numbers = measured_.numbers;
    numbers.received_bytes += got.size();
    numbers.mismatched += wrong ? 1 : 0;
    if (before == State::answered) {
        ++numbers.duplicated;
        return;
    }
    numbers.reordered += behind ? 1 : 0;
    if (is_late) {
        measured_.late(now);
        if (before == State::awaited)
            measured_.lost(now);
        return;
    }
    measured_.answered(now, rtt);
    numbers.jitter.record(rtt);
    if (plan_.on_reply)
        plan_.on_reply({message.sequence, rtt, got.size()});
}

// Ends the wait for one; the oldest awaited is then another.
void DatagramLane::settle(Record& entry, State state) {
    entry.state = state;
    --outstanding_;
    while (oldest_ < next_ && record(oldest_).state != State::awaited)
        ++oldest_;
}

void DatagramLane::expire(net::Clock::time_point now) {
    while (outstanding_ > 0 && record(oldest_).origin + plan_.timeout <= now) {
        Record& entry = record(oldest_);
        if (entry.message.counted)
            measured_.lost(now);
        settle(entry, State::lost);
    }
}

void DatagramLane::conclude() {
    for (std::uint64_t index = oldest_; index < next_; ++index)
        if (record(index).state == State::awaited && record(index).message.counted)
            ++measured_.numbers.pending;
    outstanding_ = 0;
}

}  // namespace sockbox::probe

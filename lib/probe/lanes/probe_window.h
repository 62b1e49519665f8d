// The client's own records of sent datagrams, in a ring, which replies are matched against.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "probe/measure.h"

namespace sockbox::probe {

// One datagram that was sent.
struct Probe {
    enum class State : std::uint8_t { unused, awaited, answered, lost };

    Message message{};
    net::Clock::time_point origin;  // when its time starts
    std::int64_t stamp = 0;         // the time written into the datagram
    // Kernel timestamp of the send, by the wall clock.
    std::optional<std::chrono::nanoseconds> left{};
    std::uint64_t responders = 0;  // one bit for each host that has answered
    State state = State::unused;
};

// Records of the latest probes, indexed from 0. Probes still awaited are always kept.
class ProbeWindow {
  public:
    // Keeps twice as many records as can be awaited at the planned rate, at least 1024 and at most
    // 2^20.
    explicit ProbeWindow(const MeasurePlan& plan);

    std::uint64_t next() const { return next_; }  // the index of the next one
    std::uint64_t oldest_kept() const { return next_ > ring_.size() ? next_ - ring_.size() : 0; }
    bool has_room() const { return place(next_).state != Probe::State::awaited; }
    std::size_t outstanding() const { return outstanding_; }
    // No probe before this index is awaited.
    std::uint64_t oldest_awaited() const { return oldest_; }

    // Requires keeps(index).
    const Probe& at(std::uint64_t index) const { return place(index); }
    Probe& at(std::uint64_t index) { return ring_[index % ring_.size()]; }
    bool keeps(std::uint64_t index) const { return index < next_ && index >= oldest_kept(); }

    // Adds a probe in state `awaited` and returns its index. Requires has_room().
    std::uint64_t add(const Probe& probe);
    // Moves an awaited probe to its final state.
    void settle(std::uint64_t index, Probe::State state);

    // The index of the probe with this sequence number on the wire, which starts at `first` and
    // wraps modulo 2^bits; nullopt if no record is kept.
    std::optional<std::uint64_t> find(std::uint64_t number, std::uint64_t first,
                                      unsigned bits) const;

  private:
    const Probe& place(std::uint64_t index) const { return ring_[index % ring_.size()]; }

    std::vector<Probe> ring_;
    std::uint64_t next_ = 0;
    std::uint64_t oldest_ = 0;
    std::size_t outstanding_ = 0;
};

}  // namespace sockbox::probe

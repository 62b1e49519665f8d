// Our own records of the datagrams that were sent, in a ring: what a reply is looked up in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "probe/measure.h"

namespace sockbox::probe {

struct Probe {
    enum class State : std::uint8_t { unused, awaited, answered, lost };

    Message message{};
    net::Clock::time_point origin;                   // from when its time counts
    std::int64_t stamp = 0;                          // the time that stands in the datagram
    std::optional<std::chrono::nanoseconds> left{};  // when it left, by the system's wall clock
    std::uint64_t responders = 0;                    // a bit for each that has answered
    State state = State::unused;
};

// Counts probes by their index, from 0 on. The latest of them are kept, awaited ones always.
class ProbeWindow {
  public:
    // Keeps at least as many as can be awaited at the planned rate, and as many again, up to a
    // bound.
    explicit ProbeWindow(const MeasurePlan& plan);

    std::uint64_t next() const { return next_; }  // the index of the next one
    std::uint64_t oldest_kept() const { return next_ > ring_.size() ? next_ - ring_.size() : 0; }
    bool has_room() const { return place(next_).state != Probe::State::awaited; }
    std::size_t outstanding() const { return outstanding_; }
    // No probe before it is awaited.
    std::uint64_t oldest_awaited() const { return oldest_; }

    // `index` is one that is kept.
    const Probe& at(std::uint64_t index) const { return place(index); }
    Probe& at(std::uint64_t index) { return ring_[index % ring_.size()]; }
    bool keeps(std::uint64_t index) const { return index < next_ && index >= oldest_kept(); }

    // Adds one that is awaited; there has to be room. Returns its index.
    std::uint64_t add(const Probe& probe);
    // Ends the wait for one that is awaited.
    void settle(std::uint64_t index, Probe::State state);

    // The one of that number on the wire, which counts from `first` on, modulo 2^bits.
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

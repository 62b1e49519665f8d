// What the datagrams of a measurement look like: their bytes, the records of those sent, and how a
// reply is recognized.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "probe/measured.h"
#include "probe/plan.h"

namespace sockbox::probe {

// A block of pseudo-random bytes. Each message is a slice of it at another offset, so messages need
// not be generated or stored for comparison. Immutable, so any thread may use it.
class Payload {
  public:
    explicit Payload(std::size_t size);

    std::size_t size() const noexcept { return size_; }
    std::span<const std::byte> message(std::uint64_t sequence) const noexcept;

  private:
    std::size_t size_;
    std::vector<std::byte> noise_;
};

// One datagram that was sent.
struct Probe {
    // `spoiled`: lost, but answered with something else, or by another host.
    enum class State : std::uint8_t { unused, awaited, answered, lost, spoiled };

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
    // Keeps twice as many records as can be awaited at the planned rate, at least 1024 (with
    // Detail::compact 16) and at most 2^20.
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

// The first reply to a probe, received in time.
struct DatagramReply {
    std::span<const std::byte> data;  // perhaps not all of it
    std::size_t length;               // its whole length
    // Since 1970 by the wall clock; the kernel's timestamp if available.
    std::chrono::nanoseconds arrived;
    std::chrono::nanoseconds rtt;                 // unaffected by changes of that clock
    std::optional<std::uint8_t> traffic_class{};  // if the socket reports it
};

// Why a datagram that matches a probe is not the reply to it. `reason` is one of a few texts, and
// empty if it is the reply; `detail` describes this datagram, and may be empty.
struct Objection {
    std::string reason{};
    std::string detail{};
};

// Writes and reads the datagrams of one socket. Does no I/O: bytes in, bytes out.
class DatagramForm {
  public:
    virtual ~DatagramForm() = default;

    // The length of every datagram in bytes.
    virtual std::size_t size() const = 0;
    // False if datagrams are so short that a reply may belong to any of those awaited: then find()
    // returns the oldest of them.
    virtual bool tells_apart() const { return true; }

    // Writes the datagram of `probe` to the size() bytes of `into`.
    virtual void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) = 0;

    // The index of the probe that a datagram answers; nullopt if it answers none. `got` may also be
    // the start of a datagram of ours that an ICMP error quotes.
    virtual std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                              const ProbeWindow& window) = 0;
    // Whether a datagram of this whole length that answers no probe is nevertheless a reply in this
    // format, to something that was never sent.
    virtual bool is_foreign(std::size_t length) const = 0;
    // Why a datagram of this whole length answers no probe, if it is not foreign either.
    virtual std::string why_unknown(std::size_t length) const = 0;
    // What is wrong with a datagram that matches a probe; `got` may be cut off, `length` is that of
    // the whole.
    virtual Objection objection(std::uint64_t index, const Probe& probe,
                                std::span<const std::byte> got, std::size_t length) = 0;

    // Records what else a reply contains; called only for replies that are counted. add_results()
    // adds the result to the numbers.
    virtual void on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) {
        (void)index;
        (void)probe;
        (void)reply;
    }
    // Called when a datagram that was written could not be sent.
    virtual void on_unsent() {}
    // Called when the datagrams from now on come from another port.
    virtual void on_new_flow() {}
    virtual void add_results(Measured& numbers) const { (void)numbers; }
};

}  // namespace sockbox::probe

// What the datagrams of a measurement look like, and how a reply tells which one it answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "probe/lanes/probe_window.h"

namespace sockbox::probe {

// A reply in time, the first to its probe.
struct DatagramReply {
    std::span<const std::byte> data;
    std::chrono::nanoseconds arrived;  // by the wall clock since 1970, the system's where it tells
    std::chrono::nanoseconds rtt;      // which no setting of that clock has changed
};

// One form for each socket. Knows no socket itself: bytes in, bytes out.
class DatagramForm {
  public:
    virtual ~DatagramForm() = default;

    // The length of every datagram, in bytes.
    virtual std::size_t size() const = 0;

    // Composes the datagram of `probe` into size() bytes.
    virtual void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) = 0;

    // Which probe a datagram answers; `got` may also be the beginning of one of ours, as ICMP
    // quotes it.
    virtual std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                              const ProbeWindow& window) = 0;
    // Of one that answers none: whether it is a reply all the same, to something never sent.
    virtual bool is_foreign(std::span<const std::byte> got) const = 0;
    // Why one that came back to a probe answers it not at all, in words; empty where it does.
    virtual std::string_view objection(const Probe& probe, std::span<const std::byte> got) const {
        (void)probe;
        (void)got;
        return {};
    }
    // Whether a reply holds what it has to.
    virtual bool is_intact(std::uint64_t index, const Probe& probe,
                           std::span<const std::byte> got) = 0;

    // For what more a reply tells, if its probe is counted; tell() adds that to the numbers.
    virtual void on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) {
        (void)index;
        (void)probe;
        (void)reply;
    }
    // One that was written could not be sent.
    virtual void on_unsent() {}
    virtual void tell(Measured& numbers) const { (void)numbers; }
};

}  // namespace sockbox::probe

// The format of the datagrams of a measurement, and how replies are matched to them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "probe/lanes/probe_window.h"

namespace sockbox::probe {

// The first reply to a probe, received in time.
struct DatagramReply {
    std::span<const std::byte> data;
    // Since 1970 by the wall clock; the kernel's timestamp if available.
    std::chrono::nanoseconds arrived;
    std::chrono::nanoseconds rtt;  // unaffected by changes of that clock
};

// Writes and reads the datagrams of one socket. Does no I/O: bytes in, bytes out.
class DatagramForm {
  public:
    virtual ~DatagramForm() = default;

    // The length of every datagram in bytes.
    virtual std::size_t size() const = 0;

    // Writes the datagram of `probe` to the size() bytes of `into`.
    virtual void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) = 0;

    // The index of the probe that a datagram answers; nullopt if it answers none. `got` may also be
    // the start of a datagram of ours that an ICMP error quotes.
    virtual std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                              const ProbeWindow& window) = 0;
    // Whether a datagram that answers no probe is nevertheless a reply in this format, to something
    // that was never sent.
    virtual bool is_foreign(std::span<const std::byte> got) const = 0;
    // Why a datagram that matches a probe is not an answer to it, in words; empty if it is one.
    virtual std::string_view objection(const Probe& probe, std::span<const std::byte> got) const {
        (void)probe;
        (void)got;
        return {};
    }
    // Whether the content of a reply is what it has to be.
    virtual bool is_intact(std::uint64_t index, const Probe& probe,
                           std::span<const std::byte> got) = 0;

    // Records what else a reply contains; called only for replies that are counted. tell() adds the
    // result to the numbers.
    virtual void on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) {
        (void)index;
        (void)probe;
        (void)reply;
    }
    // Called when a datagram that was written could not be sent.
    virtual void on_unsent() {}
    virtual void tell(Measured& numbers) const { (void)numbers; }
};

}  // namespace sockbox::probe

// The results of a measurement by local port, and which port loses more than chance explains.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "stats/summary.h"

namespace sockbox::stats {

// What became of the messages from one port.
struct PortNumbers {
    std::uint64_t sent = 0;       // messages
    std::uint64_t received = 0;   // replies in time
    std::uint64_t lost = 0;       // also those that could not be sent from this port
    Series rtt{Detail::compact};  // round trips

    // The share of lost messages among those received or lost, 0 to 1; 0 without any.
    double loss() const noexcept;
    // Records that a message was answered in time.
    void answered(std::chrono::nanoseconds time) {
        ++received;
        rtt.record(time);
    }
    void merge(const PortNumbers& other);
};

// The numbers of each local port.
using SourcePorts = std::map<std::uint16_t, PortNumbers>;

// How the loss of a port compares with that of the others.
struct PortVerdict {
    double others_loss = 0;  // 0 to 1
    // The chance, 0 to 1, that any of the ports loses so much if all of them are alike.
    double chance = 1;
    bool is_suspect = false;  // the chance is below suspect_below
};

// The chance below which a port is suspect.
inline constexpr double suspect_below = 0.01;

// Judges each port, in the order of `ports`, by a one-sided binomial test: if each of all messages
// is lost with the same probability, the loss of all ports together, how likely does this port lose
// at least as many as it did? The probability is multiplied by the number of ports, since any of
// them could have been the worst (Bonferroni). A single loss is therefore never suspect.
std::vector<PortVerdict> judge(const SourcePorts& ports);

// The ports that judge() suspects, in ascending order.
std::vector<std::uint16_t> suspects(const SourcePorts& ports);

// The probability that at least `hits` of `trials` independent events occur, each of which has the
// probability `share` (0 to 1). Exact up to 4096 hits; beyond that both numbers are scaled down,
// which makes the result larger. Neither overflows nor loses precision; below 1e-308 it is 0.
double binomial_tail(std::uint64_t hits, std::uint64_t trials, double share) noexcept;

}  // namespace sockbox::stats

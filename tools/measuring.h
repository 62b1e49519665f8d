// The measuring options that echo and udpecho share, and what is done with a measurement.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "probe/assertion.h"
#include "probe/measure.h"
#include "tools/client.h"

namespace sockbox::tools {

class Measuring {
  public:
    Measuring(Io io, const Client& client) : io_(io), client_(client) {}

    // -c -t -i -s -P --rate --threads --warmup --assert --plot --hgrm
    void declare(Cli& cli);

    // Whether one of -c -t -P --rate was given.
    bool is_wanted(const Cli& cli) const;

    // What options mean together; an exit status where that ends the command.
    std::optional<int> check(const Cli& cli);

    std::size_t connections() const { return static_cast<std::size_t>(connections_); }
    std::size_t size() const { return size_; }

    // Runs it, Ctrl-C ending it early, and reports; the exit status. `peer` is the address
    // measured.
    int run(const Target& target, const std::string& peer, const probe::MakeLane& make_lane);

  private:
    probe::MeasurePlan plan(const std::string& peer) const;
    bool prints_replies() const;
    void print_reply(const std::string& peer, const probe::Reply& reply) const;
    int report(const Target& target, const probe::Measured& measured) const;
    bool is_good(const probe::Measured& measured) const;
    net::Status write_hgrm(const probe::Measured& measured) const;

    Io io_;
    const Client& client_;
    std::optional<std::int64_t> count_;
    std::optional<std::chrono::nanoseconds> time_;
    std::optional<std::chrono::nanoseconds> interval_;
    std::uint64_t size_ = 64;
    std::int64_t connections_ = 1;
    double rate_ = 0;
    std::optional<std::int64_t> threads_;
    std::chrono::nanoseconds warmup_{0};
    std::int64_t first_sequence_ = 1;
    std::vector<probe::Assertion> assertions_;
    bool plot_ = false;
    std::string hgrm_;
};

}  // namespace sockbox::tools

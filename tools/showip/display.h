// Prints showip's results: lookups to standard output, errors and remarks to standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probe/lookup/lookup.h"
#include "stats/summary.h"
#include "system/clock.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

struct ShowipStyle {
    Common common;
    bool short_form = false;
    bool long_form = false;
    bool stats = false;
    std::size_t sources = 0;  // with --by-source: the number of lookups for each host
};

// Prints lookups in the order of the calls. Calls must not overlap, except those of again().
class ShowipDisplay {
  public:
    ShowipDisplay(const ShowipStyle& style, Io io);

    // Prints a lookup. With --by-source, the lookups of a host must follow each other.
    void show(const probe::Lookup& lookup);

    // Reports an attempt that failed and will be repeated. May be called from any thread.
    void again(const probe::Lookup& lookup) const;
    // Reports a failure that does not concern a single host; in JSON, as a result without one.
    void fail(const net::Error& error);
    // The exit status becomes that of the interrupt.
    void note_interrupt() noexcept;
    // Prints the statistics, with --stats. Call it after the last lookup.
    void end();

    // Starts to record how long lookups take, for so_far(). With --stats this is the default;
    // otherwise it is not, because it uses memory.
    void keep_times();

    // The pieces of a progress line: how many of `total` lookups (0: unknown) were shown, their
    // rate and times, and the time left, if it can be estimated or is limited by `until`. Call
    // keep_times() first.
    std::vector<std::string> so_far(std::chrono::nanoseconds elapsed, std::size_t total,
                                    std::optional<net::Deadline> until) const;

    // The highest exit status of everything shown.
    int status() const noexcept { return status_; }

  private:
    void show_source(const probe::Lookup& lookup);
    std::string render(const probe::Lookup& lookup);
    void remark(const probe::Lookup& lookup);
    void complain(const net::Error& error);
    void complain_unconnected(const probe::Lookup& lookup);

    const ShowipStyle& style_;
    Io io_;
    bool first_ = true;
    int status_ = exit_ok;
    std::uint64_t failures_ = 0;
    std::size_t sources_shown_ = 0;  // for the latest host
    bool source_answered_ = false;
    std::optional<stats::Series> times_;
};

}  // namespace sockbox::tools

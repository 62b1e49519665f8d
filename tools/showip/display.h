// Where showip's results go: views to standard output, failures and remarks to standard error.
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
    std::size_t sources = 0;  // how many answers each host has, with --by-source
};

class ShowipDisplay {
  public:
    ShowipDisplay(const ShowipStyle& style, Io io);

    void show(const probe::Lookup& lookup);

    // A try that failed and will be repeated; from any thread.
    void again(const probe::Lookup& lookup) const;
    // A failure that belongs to no host.
    void fail(const net::Error& error);
    // After the last host.
    void end();

    // From now on keeps how long lookups take, a matter of some memory, for so_far(). For --stats
    // that is done unasked.
    void keep_times();

    // For a live line: what was shown of `total` lookups (0: nobody knows how many), and how long
    // the rest may take, where that can be told or is bounded by `until`. After keep_times().
    std::vector<std::string> so_far(std::chrono::nanoseconds elapsed, std::size_t total,
                                    std::optional<net::Deadline> until) const;

    // The worst of what was shown.
    int status() const noexcept { return status_; }

  private:
    void show_source(const probe::Lookup& lookup);
    std::string text_of(const probe::Lookup& lookup);
    void remark(const probe::Lookup& lookup);
    void complain_unconnected(const probe::Lookup& lookup);

    const ShowipStyle& style_;
    Io io_;
    bool first_ = true;
    int status_ = exit_ok;
    std::uint64_t failures_ = 0;
    std::size_t sources_shown_ = 0;  // of the latest host
    bool source_answered_ = false;
    std::optional<stats::Series> times_;
};

}  // namespace sockbox::tools

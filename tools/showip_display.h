// Where showip's results go: views to standard output, failures and remarks to standard error.
#pragma once

#include <cstdint>
#include <optional>

#include "probe/lookup.h"
#include "stats/summary.h"
#include "tools/cli.h"

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
    std::optional<stats::Series> times_;  // where they are asked for
};

}  // namespace sockbox::tools

// The option --targets: a file with the servers to measure, which is read again when it changes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/endpoint.h"
#include "net/resolver.h"
#include "system/clock.h"
#include "system/result.h"

namespace sockbox::tools {

using TargetLabels = std::vector<std::pair<std::string, std::string>>;

struct ListedTarget {
    net::HostPort text;
    TargetLabels labels;
    std::size_t line = 0;  // from 1; 0: unknown, in JSON
};

// Reads Prometheus' form for file-based discovery (a JSON list of {"targets": ["host:port"],
// "labels": {"site": "a"}}) or lines HOST:PORT [LABEL=VALUE]..., in which '#' starts a comment.
// Labels that start with "__" are left out, as Prometheus does. Fails with the place of the first
// mistake. A label's name must not be that of a label which the metrics have already.
net::Result<std::vector<ListedTarget>> parse_targets(std::string_view text);

// "line 3: " before a mistake there; empty for line 0.
std::string in_line(std::size_t number);

// Notices changes by looking at the file, because that works for every way to change it (in place,
// by another file of that name, by a symbolic link on the way to it) and on every file system.
class TargetsFile {
  public:
    explicit TargetsFile(std::string path) : path_(std::move(path)) {}

    const std::string& path() const noexcept { return path_; }

    // Reads the file as it is now; the error names the file. Blocks as read(2) does, the first time
    // only: then what is no regular file is an error.
    net::Result<std::vector<ListedTarget>> read();
    // Whether the file, a regular one the first time, has changed or gone since read(), and has
    // stayed so for half a second, so that it is not read while it is being written. To be called
    // at least so often.
    bool has_changed(net::Clock::time_point now);

  private:
    struct Identity {
        std::filesystem::path file;  // without symbolic links
        bool is_regular = false;     // else the rest is unknown
        std::uintmax_t size = 0;
        std::filesystem::file_time_type written{};
        bool operator==(const Identity&) const = default;
    };
    Identity look() const;

    std::string path_;
    bool is_reread_ = false;
    Identity read_;
    std::optional<Identity> changed_;  // seen, and not read yet
    net::Clock::time_point next_look_{};
};

}  // namespace sockbox::tools

// The servers listed in a file, and what has changed about them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/client.h"
#include "tools/client/targets_file.h"

namespace sockbox::tools {

// For one thread, except where it says otherwise.
class ListedTargets {
  public:
    // `client` must outlive the object.
    ListedTargets(const ClientOptions& client, std::string path)
        : client_(client), file_(std::move(path)) {}

    struct Changes {
        std::vector<Target> added;
        std::vector<std::string> removed;   // Target::text
        std::vector<std::string> repeated;  // listed again with other labels, which do not count
    };

    // Reads the file: all that it lists is new. If it is wrong, nothing changes.
    net::Result<Changes> read();
    // Reads it again if it has changed; nullopt if it has not. A target whose labels have changed
    // is removed and added.
    std::optional<net::Result<Changes>> look(net::Clock::time_point now);

    std::size_t size() const noexcept { return labels_.size(); }
    // Whether the latest read() succeeded, and when one last did.
    bool is_good() const noexcept { return is_good_; }
    std::chrono::system_clock::time_point read_at() const noexcept { return read_at_; }

  private:
    net::Result<std::vector<Target>> targets();

    const ClientOptions& client_;
    TargetsFile file_;
    std::map<std::string, TargetLabels> labels_;  // by Target::text
    bool is_good_ = false;
    std::chrono::system_clock::time_point read_at_{};
};

}  // namespace sockbox::tools

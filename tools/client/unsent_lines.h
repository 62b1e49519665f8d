// Lines about messages that could not be sent, at most one a second.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "system/clock.h"
#include "system/result.h"

namespace sockbox::tools {

// Collects failures, from any thread, until they are printed.
class UnsentLines {
  public:
    // Adds a message to `peer` that could not be sent.
    void add(const std::string& peer, std::uint64_t sequence, const net::Error& error);

    // The lines that are due: of each server and reason the first message at once, and then once a
    // second how many more there were. Empty if there are none.
    //
    //     udpecho: message 7 not sent: send to 192.0.2.1:7: Network is unreachable (ENETUNREACH)
    std::string take(std::string_view tool);

  private:
    struct Unsent {
        std::uint64_t sequence = 0;  // of the latest one
        std::uint64_t count = 0;     // since the latest line
        net::Clock::time_point due{};
    };

    std::mutex mutex_;
    std::map<std::string, Unsent> unsent_;  // by server and reason
};

}  // namespace sockbox::tools

// Lines about what happens during a run, until they are printed.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "system/clock.h"
#include "system/result.h"

namespace sockbox::tools {

// Collects lines, from any thread, until they are printed on standard error.
class Notices {
  public:
    explicit Notices(std::string_view tool) : tool_(tool) {}

    // Adds a message to `peer` that could not be sent. Each reason is printed at once, and then
    // once a second with how many more there were.
    //
    //     udpecho: message 7 not sent: send to 192.0.2.1:7: Network is unreachable (ENETUNREACH)
    void add_unsent(const std::string& peer, std::uint64_t sequence, const net::Error& error);

    // Adds a line, without the name of the tool and the newline.
    void add(std::string_view line);

    // The lines that are due; empty if there are none.
    std::string take();

  private:
    struct Unsent {
        std::uint64_t sequence = 0;  // of the latest one
        std::uint64_t count = 0;     // since the latest line
        net::Clock::time_point due{};
    };

    const std::string tool_;
    std::mutex mutex_;
    std::map<std::string, Unsent> unsent_;  // by server and reason
    std::string lines_;
};

}  // namespace sockbox::tools

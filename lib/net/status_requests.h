// Someone who wants to know how a server fares, by SIGUSR1.
#pragma once

#include <functional>
#include <thread>

#include "net/stop.h"
#include "system/result.h"

namespace sockbox::net {

// While it lives, calls `answer` on a thread of its own for each SIGUSR1; those that come while it
// is busy are one. On Windows nobody ever asks. One at a time in a process.
class StatusRequests {
  public:
    explicit StatusRequests(std::function<void()> answer) : answer_(std::move(answer)) {}
    StatusRequests(const StatusRequests&) = delete;
    StatusRequests& operator=(const StatusRequests&) = delete;
    ~StatusRequests();

    // Fails where the system has no room for a thread or a descriptor.
    Status start();

  private:
    void wait_and_answer();

    std::function<void()> answer_;
    Socket wake_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace sockbox::net

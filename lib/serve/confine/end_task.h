// What is left to do at the end of a process that has given up the right to do it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "system/result.h"

namespace sockbox::serve {

// A child process that waits for the end of this one, however it comes, and then does something,
// such as removing a file. It is started before this process enters the sandbox, so that the
// sandbox need not permit it; nothing that this process receives reaches the child. On Windows,
// which has no sandbox, there is no other process.
class EndTask {
  public:
    // Does nothing.
    EndTask() noexcept = default;

    // `act` returns a message for finish(), at most 4 KiB. It runs in the child, which has copies
    // of all objects, and all descriptors but sockets and the standard streams. Call this before
    // other threads start. Fails if no process can be started.
    static net::Result<EndTask> start(std::function<std::string()> act);
    EndTask(EndTask&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
    EndTask& operator=(EndTask&& other) noexcept {
        std::swap(end_, other.end_);
        return *this;
    }
    ~EndTask() { static_cast<void>(finish()); }

    // Makes the child act now and waits until it has; returns its message. Empty if there is no
    // child, or if it was called before.
    std::string finish() noexcept;

  private:
    explicit EndTask(std::function<std::string()> end) noexcept : end_(std::move(end)) {}

    std::function<std::string()> end_;  // for finish()
};

}  // namespace sockbox::serve

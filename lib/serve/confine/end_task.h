// What is left to do at the end of a process that has given up the right to do it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "system/result.h"

namespace sockbox::serve {

// A child process that waits for the end of this one, however it comes, and then does something,
// such as removing a file. It is started before this process enters the sandbox, so that the
// sandbox need not permit it; nothing that this process receives reaches the child. On Windows,
// which has no sandbox, there is no other process.
class EndTask {
  public:
    // Does nothing.
    EndTask() noexcept;

    // `act` returns a message for finish(), at most 4 KiB. It runs in the child, which has copies
    // of all objects, and all descriptors but sockets and the standard streams. Call this before
    // other threads start. Fails if no process can be started.
    static net::Result<EndTask> start(std::function<std::string()> act);
    EndTask(EndTask&&) noexcept;
    EndTask& operator=(EndTask&&) noexcept;
    ~EndTask();

    // Makes the child act now and waits until it has; returns its message. Empty if there is no
    // child, or if it was called before.
    std::string finish() noexcept;

  private:
    struct State;
    explicit EndTask(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> state_;
};

}  // namespace sockbox::serve

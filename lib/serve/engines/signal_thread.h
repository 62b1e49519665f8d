// Keeps signals away from the threads that serve.
#pragma once

#include <memory>

#include "system/result.h"

namespace sockbox::serve {

// Blocks all signals in the calling thread, and in those that it starts, while the object exists:
// their handlers run on other threads. Does nothing on Windows.
class SignalsBlocked {
  public:
    SignalsBlocked();
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked();

  private:
    struct Before;
    std::unique_ptr<Before> before_;
};

// While the object exists, handlers of signals run on a thread of its own: all signals are blocked
// in the thread that created it, and in those that it starts. A signal in a thread that serves ends
// some system calls early; Linux may then leave an operation of an io_uring waiting for ever. Does
// nothing on Windows, where handlers always run on threads of their own.
class SignalThread {
  public:
    // Fails if no thread or descriptor can be created.
    static net::Result<SignalThread> start();
    SignalThread(SignalThread&&) noexcept;
    SignalThread& operator=(SignalThread&&) = delete;
    // Called by the thread that called start(); restores its signal mask.
    ~SignalThread();

  private:
    struct State;
    explicit SignalThread(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::serve

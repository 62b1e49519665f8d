// A thread that does nothing but run the handlers of signals.
#include "serve/engines/signal_thread.h"

#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "net/signals.h"
#include "net/socket.h"
#include "system/thread.h"

namespace sockbox::serve {

struct SignalsBlocked::Before {
    sigset_t mask{};
};

SignalsBlocked::SignalsBlocked() : before_(std::make_unique<Before>()) {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_->mask);
}

SignalsBlocked::~SignalsBlocked() {
    ::pthread_sigmask(SIG_SETMASK, &before_->mask, nullptr);
}

struct SignalThread::State {
    explicit State(net::StopSignal signal) : over(std::move(signal)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        over.raise();
        if (thread.joinable())
            thread.join();
    }

    void wait() const {
        net::PollEntry entry{};
        entry.fd = over.waitable();
        entry.events = POLLIN;
        while (!over.raised())
            net::platform::poll({&entry, 1}, -1);
    }

    net::StopSignal over;
    std::thread thread;
    std::optional<SignalsBlocked> blocked;  // in the thread that serves
};

SignalThread::SignalThread(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SignalThread::SignalThread(SignalThread&&) noexcept = default;
SignalThread::~SignalThread() = default;

// The thread inherits the mask that was in force before.
net::Result<SignalThread> SignalThread::start() {
    auto over = net::StopSignal::create();
    if (!over)
        return net::fail(over.error());
    auto state = std::make_unique<State>(std::move(*over));
    auto thread = net::start_thread([raw = state.get()] { raw->wait(); });
    if (!thread)
        return net::fail(thread.error());
    state->thread = std::move(*thread);
    state->blocked.emplace();
    return SignalThread(std::move(state));
}

}  // namespace sockbox::serve

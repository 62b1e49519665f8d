// A thread that does nothing but run the handlers of signals.
#include "serve/engines/signal_thread.h"

#include <csignal>
#include <thread>
#include <utility>

#include "net/signals.h"
#include "net/socket.h"
#include "system/thread.h"

namespace sockbox::serve {

struct SignalThread::State {
    explicit State(net::StopSignal signal) : over(std::move(signal)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        over.raise();
        if (thread.joinable())
            thread.join();
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void wait() const {
        net::PollEntry entry{};
        entry.fd = over.waitable();
        entry.events = POLLIN;
        while (!over.raised())
            net::platform::poll({&entry, 1}, -1);
    }

    net::StopSignal over;
    sigset_t before{};
    std::thread thread;
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
    ::pthread_sigmask(SIG_SETMASK, nullptr, &state->before);
    auto thread = net::start_thread([raw = state.get()] { raw->wait(); });
    if (!thread)
        return net::fail(thread.error());
    state->thread = std::move(*thread);
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    return SignalThread(std::move(state));
}

}  // namespace sockbox::serve

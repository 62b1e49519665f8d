// Forks a child process, and runs one connection in it.
#include "serve/engines/linux/child.h"

#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "serve/engines/readiness/reactor.h"
#include "system/host.h"

namespace sockbox::serve {
namespace {

// The child's observer: sends reports to the parent.
class Messenger final : public Observer {
  public:
    explicit Messenger(const net::Socket& pipe) : pipe_(pipe) {}

    void opened(const net::Endpoint& /*peer*/) override {}  // the parent has reported it
    void ended(const ConnectionReport& report) override {
        ChildMessage message;
        message.report = report;
        send(message);
    }
    void trouble(const net::Error& error) override {
        ChildMessage message;
        message.kind = ChildMessage::Kind::trouble;
        message.error = error.code;
        error.action.copy(message.action.data(), message.action.size() - 1);
        send(message);
    }

  private:
    // Blocks while the parent is slow to read; fails only if the parent is gone.
    void send(const ChildMessage& message) {
        while (::write(pipe_.native(), &message, sizeof message) < 0 && errno == EINTR) {
        }
    }

    const net::Socket& pipe_;
};

// Blocks all signals during its lifetime, because a child must not run the parent's handlers.
class SignalsHeld {
  public:
    SignalsHeld() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;
    ~SignalsHeld() { release(); }
    void release() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

void close_between(unsigned first, unsigned last) {
    if (first > last || ::close_range(first, last, 0) == 0)
        return;
    // Before Linux 5.9, or refused by a seccomp filter.
    const std::size_t limit = net::descriptor_limit().value_or(65536);
    for (unsigned descriptor = first; descriptor <= last && descriptor < limit; ++descriptor)
        ::close(static_cast<int>(descriptor));
}

void close_all_but(std::array<int, 4> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned next = STDERR_FILENO + 1;
    for (const int descriptor : kept) {
        const auto number = static_cast<unsigned>(descriptor);
        if (number < next)
            continue;
        close_between(next, number - 1);
        next = number + 1;
    }
    close_between(next, UINT_MAX);
}

void set_up_child(pid_t parent, SignalsHeld& held) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        std::_Exit(1);  // the parent ended before prctl() took effect
    for (const int number : {SIGINT, SIGTERM, SIGUSR1})
        ::signal(number, SIG_IGN);
    held.release();
}

}  // namespace

net::Result<int> serve_in_child(Service& service, Client& client, const net::Socket& report) {
    SignalsHeld held;
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return net::fail_last("fork", client.ticket.peer().to_string());
    if (child > 0)
        return child;
    try {
        set_up_child(parent, held);
        close_all_but({client.socket.native(), report.native(), service.drain().waitable(),
                       service.abort().waitable()});
        Messenger messenger(report);
        Service own(service.options(), service.counters(), messenger, service.drain(),
                    service.abort());
        serve_alone(own, std::move(client));
    } catch (const std::exception&) {
        std::_Exit(1);  // out of memory; the parent notices that no report came
    }
    std::_Exit(0);
}

}  // namespace sockbox::serve

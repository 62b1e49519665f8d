// Accepts connections, and pauses when the system has no resources for another.
#include "serve/engines/readiness/acceptor.h"

#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {
namespace {

// Accepts in a row before open connections get a turn.
constexpr int accepts_at_once = 64;

// When descriptors run out the listener stays readable, so without a pause the loop would spin.
constexpr std::chrono::milliseconds pause_time{100};

// Bounds the last round of accepts in proportion to the backlog, so that a flood of clients cannot
// delay shutdown.
constexpr int last_accepts = 65536;

}  // namespace

Acceptor::Acceptor(Reactor& reactor, net::Socket listener)
    : reactor_(reactor), listener_(std::move(listener)) {}

net::Status Acceptor::watch() {
    if (auto mode = listener_.set_blocking(false); !mode)
        return mode;
    return reactor_.poller().watch(listener_.native(), *this, Interest::read);
}

void Acceptor::on_ready() {
    for (int i = 0; i < accepts_at_once; ++i) {
        const Step step = accept_one();
        if (step == Step::pause)
            pause();
        if (step != Step::more)
            return;
    }
}

// An aborted connection, or a pending network error that accept(2) reports for one, concerns only
// that client.
Acceptor::Step Acceptor::accept_one() {
    net::Accepted accepted = net::accept(listener_, false);
    if (accepted.transfer.would_block())
        return Step::none_waiting;
    if (accepted.transfer.done()) {
        reactor_.service().welcome(std::move(accepted.socket), reactor_.place());
        return Step::more;
    }
    reactor_.service().counters().accept_failures.add();
    if (accepted.transfer.error == std::errc::connection_aborted)
        return Step::more;
    reactor_.service().tell(Trouble::accept, {accepted.transfer.error, "accept", {}, {}, {}});
    return Step::pause;
}

void Acceptor::pause() {
    reactor_.poller().forget(listener_.native());
    resumes_ = reactor_.now() + pause_time;
}

void Acceptor::check_time() {
    if (reactor_.now() < resumes_)
        return;
    const bool watched =
        reactor_.poller().watch(listener_.native(), *this, Interest::read).has_value();
    resumes_ = watched ? net::no_deadline : reactor_.now() + pause_time;
}

void Acceptor::finish() {
    for (int i = 0; i < last_accepts && accept_one() == Step::more; ++i) {
    }
    if (resumes_ == net::no_deadline)
        reactor_.poller().forget(listener_.native());
    listener_.close();
}

}  // namespace sockbox::serve

// Accepting, and waiting where the system has no room for a connection.
#include "serve/engines/readiness/acceptor.h"

#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {
namespace {

// So many connections in turn, then those that are open have theirs.
constexpr int accepts_at_once = 64;

// With no descriptor left the listener stays ready: without a pause the loop would spin.
constexpr std::chrono::milliseconds pause_time{100};

// A limit of the backlog's length for the last round: a flood of clients must not hold up the end.
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

// A client that went away while it waited, and whatever its network had to say (accept(2)), is no
// trouble of ours.
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

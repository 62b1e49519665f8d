// The loop: accepting, the pause when the system has no resources for another, timeouts, the drain
// and the end.
#include "serve/engines/readiness/reactor.h"

#include <algorithm>

#include "system/memory.h"

namespace sockbox::serve {
namespace {

// Accepts in a row before open connections get a turn.
constexpr int accepts_at_once = 64;

// How long sources of work have to notice the deadline of the drain or the abort by themselves.
constexpr std::chrono::seconds patience{1};

}  // namespace

Acceptor::Acceptor(Reactor& reactor, net::Socket listener)
    : reactor_(reactor), listener_(std::move(listener)) {}

net::Status Acceptor::watch() {
    if (auto mode = listener_.set_blocking(false); !mode)
        return mode;
    auto watched = reactor_.poller().watch(listener_.native(), *this, Interest::read);
    watched_ = watched.has_value();
    return watched;
}

void Acceptor::on_ready() {
    for (int i = 0; i < accepts_at_once && reactor_.takes_clients(); ++i) {
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
        reactor_.service().accept_client(std::move(accepted.socket), reactor_.sink());
        return Step::more;
    }
    reactor_.service().counters().accept_failures.add();
    if (accepted.transfer.error == std::errc::connection_aborted)
        return Step::more;
    reactor_.service().report_trouble(Trouble::accept,
                                      {accepted.transfer.error, "accept", {}, {}, {}});
    return Step::pause;
}

void Acceptor::stop_watching() {
    if (std::exchange(watched_, false))
        reactor_.poller().forget(listener_.native());
}

void Acceptor::pause() {
    stop_watching();
    pause_.begin(reactor_.now());
}

void Acceptor::check_time() {
    if (pause_.is_over(reactor_.now()))
        pause_.cancel();
    if (!reactor_.takes_clients())
        stop_watching();
    else if (!watched_ && !pause_.active() && !watch())
        pause_.begin(reactor_.now());
}

void Acceptor::finish() {
    for (LastAccepts accepts; accepts.another() && accept_one() == Step::more;) {
    }
    stop_watching();
    listener_.close();
}

Reactor::Reactor(Service& service, std::unique_ptr<Poller> poller)
    : service_(service),
      poller_(std::move(poller)),
      faults_(stream_faults(service)),
      duties_(service) {}

Reactor::~Reactor() = default;

net::Status Reactor::listen(std::vector<net::Socket> tcp) {
    for (net::Socket& socket : tcp) {
        acceptors_.push_back(std::make_unique<Acceptor>(*this, std::move(socket)));
        if (auto watched = acceptors_.back()->watch(); !watched)
            return watched;
    }
    return {};
}

net::Status Reactor::answer_datagrams(std::vector<net::Socket> udp) {
    for (net::Socket& socket : udp) {
        datagram_sources_.push_back(
            std::make_unique<DatagramSource>(*datagram_echo_, std::move(socket)));
        if (auto watched = datagram_sources_.back()->watch(*poller_); !watched)
            return watched;
    }
    return {};
}

void Reactor::adopt(Client&& client) noexcept {
    try {
        auto connection = std::make_unique<Connection>(*this, std::move(client));
        const auto watched = poller_->watch(connection->native(), *connection, Interest::read);
        if (!watched)
            return service_.report_trouble(Trouble::accept, watched.error());
        connections_.add(std::move(connection));
    } catch (const std::bad_alloc&) {
        reject(service_, std::move(client), net::out_of_memory("serve"));
    }
}

void Reactor::destroy(Connection& connection) {
    poller_->forget(connection.native());
    connections_.destroy(connection);
}

net::Status Reactor::add(net::NativeSocket socket, EventSource& source) {
    if (auto watched = poller_->watch(socket, source, Interest::read); !watched)
        return watched;
    ++other_sources_;
    return {};
}

void Reactor::remove(net::NativeSocket socket) {
    poller_->forget(socket);
    --other_sources_;
}

net::Status Reactor::open(bool datagrams) {
    if (pool_.buffer().empty())
        return net::fail(net::out_of_memory("allocate a buffer"));
    if (datagrams) {
        auto echo =
            DatagramEcho::create(service_.options().datagrams, service_.counters().datagrams);
        if (!echo)
            return net::fail(echo.error());
        datagram_echo_.emplace(std::move(*echo));
    }
    return poller_->watch(service_.drain().waitable(), waker_, Interest::read);
}

// The time alone must not be able to end a connection whose thread blocks.
void Reactor::block_in_receives(BlockedReceivers& receivers) noexcept {
    const ServeOptions& options = service_.options();
    if (faults_ == nullptr && !options.idle_timeout && options.spin.count() == 0)
        receivers_ = &receivers;
}

net::Status Reactor::run() {
    while (!idle()) {
        if (receivers_ != nullptr)
            connections_.for_each(
                [this](Connection& connection) { connection.echo_blocking(*receivers_); });
        if (idle())
            return {};
        if (auto turn = take_turn(); !turn)
            return turn;
    }
    return {};
}

net::Status Reactor::serve(Listeners listeners) {
    auto served = listen(std::move(listeners.tcp));
    if (served)
        served = answer_datagrams(std::move(listeners.udp));
    if (served)
        served = run();
    if (!served)
        end_others();
    return served;
}

net::Status Reactor::take_turn() {
    try {
        duties_.new_turn();
        const net::Deadline deadline = next_deadline();
        duties_.new_turn();
        if (auto waited = wait(deadline); !waited)
            return waited;
        after_wait();
    } catch (const std::bad_alloc&) {
        // Sources that were ready are still ready in the next turn.
    }
    return {};
}

net::Status Reactor::wait(net::Deadline deadline) {
    net::Status status;
    duties_.wait(deadline, [&](net::Deadline until) {
        const auto ready = poller_->wait(until);
        if (!ready)
            status = net::fail(ready.error());
        return !ready || *ready;
    });
    return status;
}

bool Reactor::idle() const {
    return acceptors_.empty() && datagram_sources_.empty() && other_sources_ == 0 &&
           connections_.empty();
}

// When the next bytes held back by faults are due; no_deadline without faults.
net::Deadline Reactor::next_leave() {
    net::Deadline next = net::no_deadline;
    if (faults_ != nullptr)
        connections_.for_each(
            [&next](Connection& connection) { next = std::min(next, connection.next_leave()); });
    return next;
}

// Whether a connection may end because of the time alone.
bool Reactor::needs_sweep() const {
    return !connections_.empty() &&
           (duties_.draining() || pool_.in_use() || service_.options().idle_timeout);
}

net::Deadline Reactor::next_deadline() {
    net::Deadline next = net::no_deadline;
    for (const auto& acceptor : acceptors_)
        next = std::min(next, acceptor->resumes());
    next = std::min({next, datagram_echo_ ? datagram_echo_->next_due() : next, next_leave()});
    if (give_up_)
        next = std::min(next, give_up_at_);
    return needs_sweep() ? std::min(next, duties_.next_sweep()) : next;
}

void Reactor::after_wait() {
    if (service_.abort().raised())
        abort_all();
    give_up_others();
    if (aborting_)
        return;
    if (duties_.is_drain_due())
        begin_drain();
    if (datagram_echo_)
        datagram_echo_->send_due();
    if (faults_ != nullptr)
        connections_.for_each([](Connection& connection) { connection.check_faults(); });
    if (needs_sweep() && duties_.begin_sweep())
        connections_.for_each([](Connection& connection) { connection.check_time(); });
    for (const auto& acceptor : acceptors_)  // last: clients may have left
        acceptor->check_time();
}

void Reactor::end_others() noexcept {
    service_.drain().raise();
    wake_others();
}

void Reactor::wake_others() noexcept {
    if (woken_at_drain_ != nullptr)
        woken_at_drain_->wake();
}

void Reactor::begin_drain() {
    duties_.begin_drain();
    wake_others();
    poller_->forget(service_.drain().waitable());
    // If this fails, the drain still ends at its deadline.
    static_cast<void>(poller_->watch(service_.abort().waitable(), waker_, Interest::read));
    for (const auto& acceptor : acceptors_)
        acceptor->finish();
    acceptors_.clear();
    if (duties_.drain_deadline() < net::no_deadline - patience)
        give_up_at_ = duties_.drain_deadline() + patience;
    for (const auto& source : datagram_sources_)
        source->finish(*poller_);
    datagram_sources_.clear();
}

void Reactor::abort_all() {
    if (!duties_.draining())
        begin_drain();
    if (!std::exchange(aborting_, true)) {
        poller_->forget(service_.abort().waitable());
        give_up_at_ = now() + patience;
    }
    connections_.for_each([this](Connection& connection) {
        connection.abort();
        destroy(connection);
    });
}

void Reactor::give_up_others() {
    if (give_up_ && other_sources_ > 0 && now() >= give_up_at_)
        give_up_();
}

void serve_alone(Service& service, Client&& client, BlockedReceivers* receivers) {
    try {
        Reactor reactor(service, make_poll_poller());
        if (receivers != nullptr)
            reactor.block_in_receives(*receivers);
        if (auto opened = reactor.open(); !opened)
            return reject(service, std::move(client), opened.error());
        reactor.adopt(std::move(client));
        if (auto served = reactor.run(); !served)
            service.report_trouble(Trouble::accept, served.error());
    } catch (const std::bad_alloc&) {
        reject(service, std::move(client), net::out_of_memory("serve"));
    }
}

}  // namespace sockbox::serve

// The io_uring engine: a completion loop for each worker, with accepting, datagrams, timeouts, the
// drain and the end.
#include <algorithm>
#include <cerrno>

#include "serve/engines/engines.h"
#include "serve/engines/linux/io_uring/reactor.h"
#include "serve/engines/linux/loops.h"
#include "system/memory.h"

namespace sockbox::serve {
// A listening socket and its multishot accept.
class RingReactor::Listener final : public Completion {
  public:
    Listener(RingReactor& reactor, net::Socket socket)
        : reactor_(reactor), socket_(std::move(socket)) {
        // On a non-blocking listener the accept would complete with EAGAIN instead of waiting.
        static_cast<void>(socket_.set_blocking(true));
        arm();
    }

    void complete(int result, unsigned flags) noexcept override {
        armed_ = (flags & IORING_CQE_F_MORE) != 0;
        if (result >= 0)
            serve(net::Socket(result));
        else if (result != -ECANCELED)
            fail(-result);
        if (!armed_ && !closing_ && (result >= 0 || result == -ECONNABORTED))
            arm();
        else if (!armed_ && !closing_)
            pause_.begin(reactor_.now());
    }

    void check_time() {
        if (!pause_.is_over(reactor_.now()))
            return;
        pause_.cancel();
        arm();
    }
    net::Deadline resumes() const noexcept { return pause_.ends(); }

    void close() {
        closing_ = true;
        pause_.cancel();
        if (armed_)
            reactor_.ring().cancel(*this);
    }

    // Once the multishot accept has completed, accepts the clients still in the backlog. Returns
    // false until then.
    bool finish() {
        if (armed_)
            return false;
        static_cast<void>(socket_.set_blocking(false));
        for (LastAccepts accepts; accepts.another();) {
            net::Accepted accepted = net::accept(socket_, true);
            if (!accepted.transfer.done())
                break;
            serve(std::move(accepted.socket));
        }
        return true;
    }

  private:
    void arm() {
        reactor_.ring().accept_multishot(socket_.native(), *this);
        armed_ = true;
    }

    void serve(net::Socket accepted) noexcept {
        reactor_.service().accept_client(std::move(accepted), reactor_.sink_);
    }

    // An aborted connection concerns only that client.
    void fail(int error) {
        reactor_.service().counters().accept_failures.add();
        if (error != ECONNABORTED)
            reactor_.service().report_trouble(
                Trouble::accept,
                {std::error_code(error, std::system_category()), "accept", {}, {}, {}});
    }

    RingReactor& reactor_;
    net::Socket socket_;
    bool armed_ = false;
    bool closing_ = false;
    AcceptPause pause_;
};

// A UDP socket that the ring polls; datagrams are answered in batches with recvmmsg(2).
class RingReactor::Datagrams final : public Completion {
  public:
    Datagrams(RingReactor& reactor, net::Socket socket)
        : reactor_(reactor), listener_{std::move(socket)} {}

    net::Status start() {
        if (auto prepared = reactor_.datagram_echo_->prepare(listener_); !prepared)
            return prepared;
        arm();
        return {};
    }

    void complete(int /*result*/, unsigned /*flags*/) noexcept override {
        waiting_ = false;
        if (closed_)
            return;
        reactor_.datagram_echo_->answer(listener_);
        arm();
    }

    // Answers the datagrams that have already arrived.
    void close() {
        closed_ = true;
        reactor_.datagram_echo_->finish(listener_);
        if (waiting_)
            reactor_.ring().cancel(*this);
    }

    // Whether no operation refers to the socket any more. Until then its port stays in use.
    bool finished() const noexcept { return closed_ && !waiting_; }

  private:
    void arm() {
        reactor_.ring().wait_for(listener_.socket.native(), POLLIN, *this);
        waiting_ = true;
    }

    RingReactor& reactor_;
    DatagramListener listener_;
    bool waiting_ = false;
    bool closed_ = false;
};

// The mailbox of a reactor that does not accept connections itself.
class RingReactor::MailboxWatch final : public Completion {
  public:
    MailboxWatch(RingReactor& reactor, Mailbox& mailbox) : reactor_(reactor), mailbox_(mailbox) {
        arm();
    }

    void complete(int /*result*/, unsigned /*flags*/) noexcept override {
        Mailbox::Content content = mailbox_.take();
        for (Client& client : content.clients)
            reactor_.adopt(std::move(client));
        closed_ = content.closed;
        if (!closed_)
            arm();
    }
    bool closed() const noexcept { return closed_; }

  private:
    void arm() { reactor_.ring().wait_for(mailbox_.waitable(), POLLIN, *this); }

    RingReactor& reactor_;
    Mailbox& mailbox_;
    bool closed_ = false;
};

net::Result<std::unique_ptr<RingReactor>> RingReactor::create(Service& service, bool datagrams) {
    auto ring = Ring::create();
    if (!ring)
        return net::fail(ring.error());
    auto reactor = std::make_unique<RingReactor>(service, std::move(*ring));
    if (!datagrams)
        return reactor;
    auto echo = DatagramEcho::create(service.options().datagrams, service.counters().datagrams);
    if (!echo)
        return net::fail(echo.error());
    reactor->datagram_echo_.emplace(std::move(*echo));
    return reactor;
}

RingReactor::RingReactor(Service& service, std::unique_ptr<Ring> ring)
    : service_(service), faults_(stream_faults(service)), duties_(service), ring_(std::move(ring)) {
    ring_->wait_for(service_.drain().waitable(), POLLIN, waker_);
}

RingReactor::~RingReactor() = default;

net::Status RingReactor::serve(Listeners listeners) {
    for (net::Socket& socket : listeners.tcp)
        listeners_.push_back(std::make_unique<Listener>(*this, std::move(socket)));
    auto served = answer_datagrams(std::move(listeners.udp));
    if (served)
        served = run();
    if (!served)
        service_.drain().raise();  // the other loops end, too
    return served;
}

net::Status RingReactor::answer_datagrams(std::vector<net::Socket> udp) {
    for (net::Socket& socket : udp) {
        datagrams_.push_back(std::make_unique<Datagrams>(*this, std::move(socket)));
        if (auto started = datagrams_.back()->start(); !started)
            return started;
    }
    return {};
}

net::Status RingReactor::serve_from(Mailbox& mailbox) {
    mailbox_watch_ = std::make_unique<MailboxWatch>(*this, mailbox);
    return {};
}

void RingReactor::adopt(Client&& client) noexcept {
    try {
        auto connection = std::make_unique<RingConnection>(*this, std::move(client));
        RingConnection& added = *connection;
        connections_.add(std::move(connection));
        added.begin();
    } catch (const std::bad_alloc&) {
        reject(service_, std::move(client), net::out_of_memory("serve"));
    }
}

void RingReactor::remove_if_gone(RingConnection& connection) {
    if (connection.is_gone())
        connections_.destroy(connection);
}

// Starts as many receives as there are buffers for; if more were started, most of them would fail
// again. Buffers that the peers do not take from us must not keep others from being served, so more
// are allocated as long as some connection waits.
void RingReactor::hand_out_buffers() {
    for (unsigned given = 0; !waiting_for_buffer_.is_alone() && ring_->buffers().has_free(given);
         ++given) {
        auto& first = static_cast<RingTurn&>(waiting_for_buffer_.next());
        first.leave();
        static_cast<RingConnection&>(first).begin();
    }
}

// A send that is not complete although the kernel has tried it waits for the peer.
net::Status RingReactor::wait(net::Deadline deadline) {
    Link tried;
    tried.take(started_);
    net::Status waited;
    duties_.wait(deadline, [&](net::Deadline until) {
        const auto completed = ring_->wait(until);
        if (!completed)
            waited = net::fail(completed.error());
        return !completed || *completed > 0;
    });
    while (!tried.is_alone()) {
        auto& send = static_cast<RingTurn&>(tried.next());
        send.leave();
        static_cast<RingConnection&>(send).blocked();
    }
    return waited;
}

net::Status RingReactor::run() {
    while (!idle()) {
        duties_.new_turn();
        const net::Deadline deadline = next_deadline();
        duties_.new_turn();
        if (auto waited = wait(deadline); !waited)
            return waited;
        after_wait();
    }
    return {};
}

bool RingReactor::idle() const {
    return listeners_.empty() && datagrams_.empty() &&
           (!mailbox_watch_ || mailbox_watch_->closed()) && connections_.empty();
}

// Whether a connection may end because of the time alone, or memory can be given back.
bool RingReactor::needs_sweep() const {
    if (ring_->buffers().has_unused())
        return true;
    return !connections_.empty() && (duties_.draining() || sends_ > 0 || pool_.in_use() ||
                                     check_is_due_ || service_.options().idle_timeout);
}

// When the next bytes held back by faults are due; no_deadline without faults.
net::Deadline RingReactor::next_leave() {
    net::Deadline next = net::no_deadline;
    if (faults_ != nullptr)
        connections_.for_each([&next](const RingConnection& connection) {
            next = std::min(next, connection.next_leave());
        });
    return next;
}

net::Deadline RingReactor::next_deadline() {
    net::Deadline next = net::no_deadline;
    for (const auto& listener : listeners_)
        next = std::min(next, listener->resumes());
    if (datagram_echo_)
        next = std::min(next, datagram_echo_->next_due());
    next = std::min(next, next_leave());
    return needs_sweep() ? std::min(next, duties_.next_sweep()) : next;
}

void RingReactor::after_wait() {
    if (duties_.is_drain_due())
        begin_drain();
    if (duties_.draining()) {
        std::erase_if(listeners_, [](const auto& listener) { return listener->finish(); });
        std::erase_if(datagrams_, [](const auto& datagrams) { return datagrams->finished(); });
    }
    for (const auto& listener : listeners_)
        listener->check_time();
    if (datagram_echo_)
        datagram_echo_->send_due();
    if (faults_ != nullptr)
        connections_.for_each([](RingConnection& connection) { connection.check_faults(); });
    if (needs_sweep() && (duties_.begin_sweep() || service_.abort().raised()))
        sweep();
    hand_out_buffers();
}

void RingReactor::begin_drain() {
    duties_.begin_drain();
    ring_->wait_for(service_.abort().waitable(), POLLIN, waker_);
    for (const auto& listener : listeners_)
        listener->close();
    for (const auto& datagrams : datagrams_)
        datagrams->close();
}

void RingReactor::sweep() {
    const bool abort = service_.abort().raised();
    check_is_due_ = false;
    connections_.for_each([this, abort](RingConnection& connection) {
        check_is_due_ = check_is_due_ || connection.awaits_check();
        if (abort)
            connection.abort();
        else
            connection.check_time();
    });
    ring_->buffers().give_back_memory();
}

net::Status io_uring_available() {
    return Ring::probe();
}

net::Status serve_with_io_uring(Service& service, Listeners&& listeners) {
    return serve_with_loops<RingReactor>(service, std::move(listeners));
}

}  // namespace sockbox::serve

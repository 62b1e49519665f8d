// The epoll engine: event loops over epoll(7), one a worker; the first one accepts for all.
#include "serve/engine_epoll_linux.h"

#include <sys/epoll.h>

#include <array>
#include <thread>

#include "serve/mailbox_linux.h"
#include "serve/reactor.h"

namespace sockbox::serve {
namespace {

class EpollPoller final : public Poller {
  public:
    static net::Result<std::unique_ptr<Poller>> create() {
        const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
        if (descriptor < 0)
            return net::fail_last("epoll_create1");
        return std::make_unique<EpollPoller>(net::Socket(descriptor));
    }

    explicit EpollPoller(net::Socket epoll) : epoll_(std::move(epoll)) {}

    net::Status watch(net::NativeSocket socket, EventSource& source, Interest interest) override {
        if (control(EPOLL_CTL_ADD, socket, source, interest) != 0)
            return net::fail_last("epoll_ctl");
        return {};
    }

    void change(net::NativeSocket socket, EventSource& source, Interest interest) override {
        // Cannot fail for a socket that is watched (epoll_ctl(2)).
        control(EPOLL_CTL_MOD, socket, source, interest);
    }

    void forget(net::NativeSocket socket) override {
        epoll_event unused{};
        ::epoll_ctl(epoll_.native(), EPOLL_CTL_DEL, socket, &unused);
    }

    net::Status wait(net::Deadline deadline) override {
        const int count = ::epoll_wait(epoll_.native(), events_.data(),
                                       static_cast<int>(events_.size()), timeout(deadline));
        if (count < 0 && errno != EINTR)
            return net::fail_last("epoll_wait");
        for (int i = 0; i < count; ++i)
            static_cast<EventSource*>(events_[static_cast<std::size_t>(i)].data.ptr)->on_ready();
        return {};
    }

  private:
    static int timeout(net::Deadline deadline) { return net::poll_timeout(deadline); }

    int control(int operation, net::NativeSocket socket, EventSource& source, Interest interest) {
        epoll_event event{};
        event.events = interest == Interest::read    ? EPOLLIN
                       : interest == Interest::write ? EPOLLOUT
                                                     : 0U;
        event.data.ptr = &source;
        return ::epoll_ctl(epoll_.native(), operation, socket, &event);
    }

    net::Socket epoll_;
    std::array<epoll_event, 256> events_{};
};

// A reactor's view of its mailbox.
class Inbox final : public EventSource {
  public:
    explicit Inbox(std::unique_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}

    net::Status attach(Reactor& reactor) {
        reactor_ = &reactor;
        return reactor.add(mailbox_->waitable(), *this);
    }

    Mailbox& mailbox() { return *mailbox_; }

    void on_ready() override {
        Mailbox::Content content = mailbox_->take();
        for (Client& client : content.clients)
            reactor_->adopt(std::move(client));
        if (content.closed)
            reactor_->remove(mailbox_->waitable());
    }

  private:
    std::unique_ptr<Mailbox> mailbox_;
    Reactor* reactor_ = nullptr;
};

// A reactor beside the first, with its thread.
class Worker {
  public:
    static net::Result<std::unique_ptr<Worker>> start(Service& service) {
        auto poller = EpollPoller::create();
        if (!poller)
            return net::fail(poller.error());
        auto mailbox = Mailbox::create();
        if (!mailbox)
            return net::fail(mailbox.error());
        auto worker = std::make_unique<Worker>(service, std::move(*poller), std::move(*mailbox));
        if (auto attached = worker->inbox_.attach(worker->reactor_); !attached)
            return net::fail(attached.error());
        try {
            worker->thread_ =
                std::thread([raw = worker.get()] { raw->status_ = raw->reactor_.run(); });
        } catch (const std::system_error& error) {
            return net::fail({error.code(), "start a thread", {}, {}, {}});
        }
        return worker;
    }

    Worker(Service& service, std::unique_ptr<Poller> poller, std::unique_ptr<Mailbox> mailbox)
        : inbox_(std::move(mailbox)), reactor_(service, std::move(poller)) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() { finish(); }

    void put(Client client) { inbox_.mailbox().put(std::move(client)); }

    // No more clients come; waits until those it has are served.
    net::Status finish() {
        if (thread_.joinable()) {
            inbox_.mailbox().close();
            thread_.join();
        }
        return status_;
    }

  private:
    Inbox inbox_;
    Reactor reactor_;
    net::Status status_;
    std::thread thread_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

// Clients in turn to the first reactor and the others.
Reactor::Place in_turn(Reactor& first, Workers& workers) {
    return [&first, &workers, next = std::size_t{0}](Client client) mutable {
        if (next == workers.size())
            first.adopt(std::move(client));
        else
            workers[next]->put(std::move(client));
        next = next == workers.size() ? 0 : next + 1;
    };
}

}  // namespace

net::Status serve_with_epoll(Service& service, Listeners listeners) {
    auto poller = EpollPoller::create();
    if (!poller)
        return net::fail(poller.error());
    Reactor first(service, std::move(*poller));
    Workers workers;
    while (workers.size() + 1 < service.options().workers) {
        auto worker = Worker::start(service);
        if (!worker)
            return net::fail(worker.error());
        workers.push_back(std::move(*worker));
    }
    if (!workers.empty())
        first.place_with(in_turn(first, workers));
    if (auto ready = first.listen(std::move(listeners.tcp)); !ready)
        return ready;
    if (auto ready = first.answer_datagrams(std::move(listeners.udp)); !ready)
        return ready;
    net::Status status = first.run();
    for (const auto& worker : workers)
        if (auto finished = worker->finish(); status && !finished)
            status = finished;
    return status;
}

}  // namespace sockbox::serve

// The epoll engine: an event loop over epoll(7) per worker; the first one accepts for all.
#include <sys/epoll.h>

#include <array>
#include <optional>

#include "serve/engines/engines.h"
#include "serve/engines/linux/loops.h"
#include "serve/engines/readiness/reactor.h"

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
        // Cannot fail for a socket that is being watched (epoll_ctl(2)).
        control(EPOLL_CTL_MOD, socket, source, interest);
    }

    void forget(net::NativeSocket socket) override {
        epoll_event unused{};
        ::epoll_ctl(epoll_.native(), EPOLL_CTL_DEL, socket, &unused);
    }

    net::Result<bool> wait(net::Deadline deadline) override {
        const int count = ::epoll_wait(epoll_.native(), events_.data(),
                                       static_cast<int>(events_.size()), timeout(deadline));
        if (count < 0 && errno != EINTR)
            return net::fail_last("epoll_wait");
        for (int i = 0; i < count; ++i)
            static_cast<EventSource*>(events_[static_cast<std::size_t>(i)].data.ptr)->on_ready();
        return count > 0;
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

// Watches the mailbox of a reactor.
class Inbox final : public EventSource {
  public:
    Inbox(Reactor& reactor, Mailbox& mailbox) : reactor_(reactor), mailbox_(mailbox) {}

    net::Status attach() { return reactor_.add(mailbox_.waitable(), *this); }

    void on_ready() override {
        Mailbox::Content content = mailbox_.take();
        for (Client& client : content.clients)
            reactor_.adopt(std::move(client));
        if (content.closed)
            reactor_.remove(mailbox_.waitable());
    }

  private:
    Reactor& reactor_;
    Mailbox& mailbox_;
};

class EpollLoop : public Reactor {
  public:
    static net::Result<std::unique_ptr<EpollLoop>> create(Service& service, bool datagrams) {
        auto poller = EpollPoller::create();
        if (!poller)
            return net::fail(poller.error());
        auto loop = std::make_unique<EpollLoop>(service, std::move(*poller));
        if (auto opened = loop->open(datagrams); !opened)
            return net::fail(opened.error());
        return loop;
    }
    using Reactor::Reactor;

    net::Status serve_from(Mailbox& mailbox) { return inbox_.emplace(*this, mailbox).attach(); }

  private:
    std::optional<Inbox> inbox_;
};

}  // namespace

net::Status serve_with_epoll(Service& service, Listeners&& listeners) {
    return serve_with_loops<EpollLoop>(service, std::move(listeners));
}

}  // namespace sockbox::serve

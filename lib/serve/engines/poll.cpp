// The poll engine: a single thread and poll(2), which every system has.
#include <unordered_map>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "system/memory.h"

namespace sockbox::serve {
namespace {

short events_of(Interest interest) {
    switch (interest) {
        case Interest::read: return POLLIN;
        case Interest::write: return POLLOUT;
        case Interest::none: break;
    }
    return 0;
}

class PollPoller final : public Poller {
  public:
    net::Status watch(net::NativeSocket socket, EventSource& source, Interest interest) override {
        return net::unless_out_of_memory("watch", [&]() -> net::Status {
            add(socket, source, interest);
            return {};
        });
    }

    void change(net::NativeSocket socket, EventSource& source, Interest interest) override {
        const std::size_t place = places_.at(socket);
        entries_[place].events = events_of(interest);
        sources_[place] = &source;
    }

    void forget(net::NativeSocket socket) override {
        const auto found = places_.find(socket);
        if (found == places_.end())
            return;
        const std::size_t place = found->second;
        places_.erase(found);
        if (place + 1 != entries_.size()) {
            entries_[place] = entries_.back();
            sources_[place] = sources_.back();
            places_[entries_[place].fd] = place;
        }
        entries_.pop_back();
        sources_.pop_back();
    }

    net::Result<bool> wait(net::Deadline deadline) override {
        const int count = net::platform::poll(entries_, net::poll_timeout(deadline));
        if (count < 0 && net::platform::last_error() != std::errc::interrupted)
            return net::fail_last("poll");
        // Collected first, because handlers may watch and forget sockets.
        ready_.clear();
        for (std::size_t i = 0; std::cmp_less(ready_.size(), count); ++i)
            if (entries_[i].revents != 0)
                ready_.push_back(sources_[i]);
        for (std::size_t i = 0; i < ready_.size(); ++i)  // by index: add() may reallocate it
            ready_[i]->on_ready();
        return !ready_.empty();
    }

  private:
    // All or nothing: whatever may run out of memory comes first.
    void add(net::NativeSocket socket, EventSource& source, Interest interest) {
        net::PollEntry entry{};
        entry.fd = socket;
        entry.events = events_of(interest);
        entries_.reserve(room_for_one_more(entries_));
        sources_.reserve(entries_.capacity());
        ready_.reserve(entries_.capacity());
        places_[socket] = entries_.size();
        entries_.push_back(entry);
        sources_.push_back(&source);
    }

    // Grows geometrically, as push_back() does.
    static std::size_t room_for_one_more(const std::vector<net::PollEntry>& entries) {
        return entries.size() < entries.capacity() ? entries.capacity() : 2 * entries.size() + 1;
    }

    std::vector<net::PollEntry> entries_;
    std::vector<EventSource*> sources_;  // parallel to entries_
    std::unordered_map<net::NativeSocket, std::size_t> places_;
    std::vector<EventSource*> ready_;
};

}  // namespace

std::unique_ptr<Poller> make_poll_poller() {
    return std::make_unique<PollPoller>();
}

net::Status serve_with_poll(Service& service, Listeners&& listeners) {
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve

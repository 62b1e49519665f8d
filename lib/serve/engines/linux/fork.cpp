// The fork engine: a child process per client.
#include "serve/engines/linux/fork.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <list>
#include <optional>

#include "serve/engines/linux/child.h"
#include "serve/engines/readiness/reactor.h"

namespace sockbox::serve {
namespace {

struct Pipe {
    net::Socket read_end;
    net::Socket write_end;
};

net::Result<Pipe> open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return net::fail_last("pipe");
    Pipe pipe{net::Socket(ends[0]), net::Socket(ends[1])};
    if (auto mode = pipe.read_end.set_blocking(false); !mode)
        return net::fail(mode.error());
    return pipe;
}

class Children;

// A child process as its parent sees it: the read end of its pipe, and its end.
class Child final : public EventSource {
  public:
    Child(Children& siblings, net::Socket pipe) : siblings_(siblings), pipe_(std::move(pipe)) {}

    void began(int pid, Admission::Ticket&& ticket) noexcept {
        pid_ = pid;
        ticket_.emplace(std::move(ticket));
    }
    net::NativeSocket waitable() const noexcept { return pipe_.native(); }

    // Destroys the object if the child has ended.
    void on_ready() override;

    // Reads all reports of the child, which may free its place.
    void hear_all();

    std::list<Child>::iterator place;  // in Children::children_

  private:
    enum class Heard : std::uint8_t { message, nothing, end };

    Heard listen();
    void hear(const ChildMessage& message);
    void wait();
    void tell_loss(int status);

    Children& siblings_;
    net::Socket pipe_;
    int pid_ = -1;
    std::optional<Admission::Ticket> ticket_;
    net::Deadline began_ = net::Clock::now();
    bool ended_ = false;
};

class Children {
  public:
    Children(Service& service, Reactor& reactor) : service_(service), reactor_(reactor) {}

    // Opens the pipe for the next child before its client is accepted. Starting a child frees
    // enough descriptors for another, so at the descriptor limit clients wait in the backlog
    // instead of being accepted in vain.
    net::Status prepare() {
        auto pipe = open_pipe();
        if (!pipe)
            return net::fail(pipe.error());
        next_ = std::move(*pipe);
        return {};
    }

    // Everything that may run out of memory or descriptors comes before the fork.
    void serve(Client&& client) {
        if (!next_.read_end.valid())
            if (auto prepared = prepare(); !prepared)
                return turn_away(service_, std::move(client), prepared.error());
        Child& child = children_.emplace_front(*this, std::move(next_.read_end));
        child.place = children_.begin();
        if (auto started = start(child, client); !started) {
            children_.erase(child.place);
            turn_away(service_, std::move(client), started.error());
        }
        next_.write_end.close();
        static_cast<void>(prepare());  // if it fails, the next serve() tries again and reports it
    }

    void bury(Child& child) {
        reactor_.remove(child.waitable());
        children_.erase(child.place);
    }

    void free_places() {
        for (Child& child : children_)
            child.hear_all();
    }

    Service& service() noexcept { return service_; }

  private:
    net::Status start(Child& child, Client& client) {
        if (auto watched = reactor_.add(child.waitable(), child); !watched)
            return watched;
        const auto pid = serve_in_child(service_, client, next_.write_end);
        if (!pid) {
            reactor_.remove(child.waitable());
            return net::fail(pid.error());
        }
        child.began(*pid, std::move(client.ticket));
        client.socket.close();
        return {};
    }

    Service& service_;
    Reactor& reactor_;
    Pipe next_;
    std::list<Child> children_;
};

void Child::on_ready() {
    if (listen() != Heard::end)
        return;
    wait();
    siblings_.bury(*this);
}

void Child::hear_all() {
    while (listen() == Heard::message) {
    }
}

Child::Heard Child::listen() {
    ChildMessage message;
    const auto got = ::read(pipe_.native(), &message, sizeof message);
    if (got == sizeof message) {
        hear(message);
        return Heard::message;
    }
    return got < 0 && (errno == EINTR || errno == EAGAIN) ? Heard::nothing : Heard::end;
}

void Child::hear(const ChildMessage& message) {
    Service& service = siblings_.service();
    if (message.kind == ChildMessage::Kind::trouble)
        return service.tell(Trouble::accept, {message.error, message.action.data(), {}, {}, {}});
    ended_ = true;
    service.observer().ended(message.report);
    ticket_.reset();
}

// Reaps the child. It has closed its end of the pipe, so this does not take long.
void Child::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended_)
        tell_loss(status);
}

// The child was killed or ran out of memory: it counted its connection as open, but not as ended.
void Child::tell_loss(int status) {
    Service& service = siblings_.service();
    std::string why = WIFSIGNALED(status)
                          ? fmt::format("its process was killed by signal {}", WTERMSIG(status))
                          : std::string("its process ended early");
    service.tell(Trouble::start_worker,
                 {{}, "serve", ticket_->peer().unmapped().to_string(), std::move(why), {}});
    service.counters().open.subtract();
    Session(service, {net::Socket(), std::move(*ticket_)}, began_)
        .end(EndReason::failed, net::Clock::now(), std::make_error_code(std::errc::owner_dead));
}

}  // namespace

net::Status serve_with_processes(Service& service, Listeners&& listeners) {
    Reactor reactor(service, make_poll_poller());
    if (auto opened = reactor.open(!listeners.udp.empty()); !opened)
        return opened;
    Children children(service, reactor);
    if (auto prepared = children.prepare(); !prepared)
        return prepared;
    service.free_places_with([&children] { children.free_places(); });
    reactor.place_with([&children](Client&& client) { children.serve(std::move(client)); });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve

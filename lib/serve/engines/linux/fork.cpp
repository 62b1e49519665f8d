// The fork engine: a child process for each client.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <list>
#include <optional>
#include <type_traits>

#include "serve/engines/engines.h"
#include "serve/engines/readiness/reactor.h"
#include "serve/linux/descriptors.h"

namespace sockbox::serve {
namespace {

// A report as bytes in a pipe. Its error category stays valid because both processes have it at the
// same address.
struct ChildMessage {
    enum class Kind : std::uint8_t { ended, trouble };
    Kind kind = Kind::ended;
    ConnectionReport report;  // for `ended`
    std::error_code error;    // for `trouble`, with `action`
    std::array<char, 64> action{};
};
// Writes of up to PIPE_BUF bytes are atomic (pipe(7)).
static_assert(std::is_trivially_copyable_v<ChildMessage> && sizeof(ChildMessage) <= PIPE_BUF);

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

void set_up_child(pid_t parent, SignalsHeld& held) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        std::_Exit(1);  // the parent ended before prctl() took effect
    for (const int number : {SIGINT, SIGTERM, SIGUSR1})
        ::signal(number, SIG_IGN);
    held.release();
}

// Serves the client in a child process and returns its process ID. The child writes its reports to
// `report`, the write end of a pipe, which it closes when it ends. It keeps no other descriptors
// than the client's socket, `report`, the standard streams and the service's stop signals. It
// ignores SIGINT and SIGTERM, which a terminal or service manager sends to the whole process group,
// so that only the stop signals end it; it is killed if the forking thread ends (PR_SET_PDEATHSIG
// in prctl(2)).
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
        close_all_but(std::array{client.socket.native(), report.native(),
                                 service.drain().waitable(), service.abort().waitable()});
        Messenger messenger(report);
        Service own(service.options(), service.counters(), messenger, service.drain(),
                    service.abort());
        own.leave_open_to_others();
        BulkPipe::forbid();
        serve_alone(own, std::move(client));
    } catch (const std::exception&) {
        std::_Exit(1);  // out of memory; the parent notices that no report came
    }
    std::_Exit(0);
}

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
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    void began(int pid, Admission::Ticket&& ticket) noexcept;
    net::NativeSocket waitable() const noexcept { return pipe_.native(); }

    // Destroys the object if the child has ended.
    void on_ready() override;

    // Reads all reports of the child, which may free its place.
    void hear_all();

    // Counts its connection as aborted, unless it has ended.
    void abandon();

    std::list<Child>::iterator place;  // in Children::children_

  private:
    enum class Heard : std::uint8_t { message, nothing, end };

    Heard listen();
    void hear(const ChildMessage& message);
    void wait();
    void report_loss(int status);
    void end_unheard(EndReason reason);

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
                return reject(service_, std::move(client), prepared.error());
        Child& child = children_.emplace_front(*this, std::move(next_.read_end));
        child.place = children_.begin();
        if (auto started = start(child, client); !started) {
            children_.erase(child.place);
            reject(service_, std::move(client), started.error());
        }
        next_.write_end.close();
        static_cast<void>(prepare());  // if it fails, the next serve() tries again and reports it
    }

    void bury(Child& child) {
        reactor_.remove(child.waitable());
        children_.erase(child.place);
    }

    // Those that do not run, such as one that was stopped, are killed when this process ends.
    void abandon_all() {
        while (!children_.empty()) {
            children_.front().abandon();
            bury(children_.front());
        }
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

void Child::began(int pid, Admission::Ticket&& ticket) noexcept {
    pid_ = pid;
    ticket_.emplace(std::move(ticket));
    siblings_.service().counters().open.add();
}

Child::~Child() {
    if (pid_ != -1)
        siblings_.service().counters().open.subtract();
}

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
        return service.report_trouble(Trouble::accept,
                                      {message.error, message.action.data(), {}, {}, {}});
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
        report_loss(status);
}

// The child was killed or ran out of memory: it did not count its connection as ended.
void Child::report_loss(int status) {
    Service& service = siblings_.service();
    std::string why = WIFSIGNALED(status)
                          ? fmt::format("its process was killed by signal {}", WTERMSIG(status))
                          : std::string("its process ended early");
    service.report_trouble(
        Trouble::start_worker,
        {{}, "serve", ticket_->peer().unmapped().to_string(), std::move(why), {}});
    end_unheard(EndReason::failed);
}

void Child::abandon() {
    hear_all();
    if (!ended_)
        end_unheard(EndReason::aborted);
}

// How many bytes it has moved is not known.
void Child::end_unheard(EndReason reason) {
    Service& service = siblings_.service();
    const auto duration = net::Clock::now() - began_;
    service.counters().end(reason, duration, 0);
    ConnectionReport report{ticket_->peer(), 0, 0, 0, duration, reason, {}};
    report.counts_bytes = false;
    service.observer().ended(report);
    ticket_->give_back();
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
    reactor.give_up_others_with([&children] { children.abandon_all(); });
    reactor.send_clients_to([&children](Client&& client) { children.serve(std::move(client)); });
    if (auto begun = service.begin(); !begun)
        return begun;
    return reactor.serve(std::move(listeners));
}

}  // namespace sockbox::serve

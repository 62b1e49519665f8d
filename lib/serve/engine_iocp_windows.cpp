// The iocp engine: one thread at a completion port, with AcceptEx, WSARecv and WSASend.
#include "serve/engine_iocp_windows.h"

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "serve/iocp_connection_windows.h"

namespace sockbox::serve {
namespace {

using std::chrono::milliseconds;

// Accepts under way at each listener: as many clients are taken without a turn of the loop.
constexpr std::size_t accepts_at_once = 16;

// After an accept that failed, which it may do again at once.
constexpr milliseconds pause_time{100};

constexpr milliseconds least_sweep_interval{10};
constexpr milliseconds most_sweep_interval{1000};
constexpr milliseconds drain_sweep_interval{20};

LPFN_ACCEPTEX accept_call(const net::Socket& listener) noexcept {
    GUID id = WSAID_ACCEPTEX;
    LPFN_ACCEPTEX call = nullptr;
    DWORD unused = 0;
    ::WSAIoctl(listener.native(), SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &call,
               sizeof call, &unused, nullptr, nullptr);
    return call;
}

class Loop;

// One accept under way, again and again.
class Accept final : public Operation {
  public:
    Accept(Loop& loop, net::Socket& listener, LPFN_ACCEPTEX call)
        : loop_(loop), listener_(listener), call_(call) {}

    void start();
    void done(std::size_t bytes, int code) override;
    // Starts again after a pause.
    void check_time(net::Deadline now) {
        if (!pending() && now >= resumes_)
            start();
    }
    net::Deadline resumes() const noexcept { return resumes_; }

  private:
    // AcceptEx wants room for both addresses, and 16 bytes more for each.
    static constexpr DWORD address_room = sizeof(sockaddr_in6) + 16;

    net::Accepted accepted();
    void pause(const std::error_code& error);

    Loop& loop_;
    net::Socket& listener_;
    LPFN_ACCEPTEX call_;
    net::Socket socket_;
    std::array<std::byte, 2 * address_room> addresses_{};
    net::Deadline resumes_ = net::no_deadline;
};

class Loop {
  public:
    Loop(Service& service, CompletionPort& port) : service_(service), port_(port) {}
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    net::Status listen(std::vector<net::Socket> tcp);
    net::Status run();

    Service& service() noexcept { return service_; }
    bool draining() const noexcept { return drain_.begun; }
    void adopt(net::Accepted accepted);

  private:
    bool finished() const;
    net::Deadline next_deadline() const;
    void begin_drain();
    void abort_all();
    void forget_those_over();
    void take_waiting(net::Socket& listener);
    void sweep();

    Service& service_;
    CompletionPort& port_;
    Drain drain_;
    std::vector<net::Socket> listeners_;
    std::vector<std::unique_ptr<Accept>> accepts_;
    std::vector<std::unique_ptr<IocpConnection>> connections_;
    net::Deadline next_sweep_{};
};

void Accept::start() {
    resumes_ = net::no_deadline;
    const auto local = listener_.local();
    auto socket =
        net::Socket::open(local ? local->family() : net::Family::ipv4, net::Transport::tcp);
    if (!socket)
        return pause(socket.error().code);
    socket_ = std::move(*socket);
    DWORD unused = 0;
    begin();
    if (call_(listener_.native(), socket_.native(), addresses_.data(), 0, address_room,
              address_room, &unused, this) ||
        ::WSAGetLastError() == WSA_IO_PENDING)
        return;
    failed_at_once();
    pause(net::platform::last_error());
}

void Accept::done(std::size_t /*bytes*/, int code) {
    if (code == 0)
        loop_.adopt(accepted());
    if (loop_.draining())
        return socket_.close();
    const std::error_code error(code, net::platform::error_category());
    // A client that went away while it waited is no trouble of ours.
    if (code == 0 || error == std::errc::connection_reset || error == std::errc::connection_aborted)
        start();
    else
        pause(error);
}

// The new socket is told whose it is: else it has no addresses and cannot be shut down.
net::Accepted Accept::accepted() {
    const SOCKET listener = listener_.native();
    ::setsockopt(socket_.native(), SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                 static_cast<const char*>(static_cast<const void*>(&listener)), sizeof listener);
    static_cast<void>(socket_.set_blocking(false));
    const auto peer = socket_.peer();
    return {{}, std::move(socket_), peer ? *peer : net::Endpoint()};
}

void Accept::pause(const std::error_code& error) {
    loop_.service().counters().accept_failures.add();
    loop_.service().tell(Trouble::accept, {error, "accept", {}, {}, {}});
    resumes_ = net::deadline_in(pause_time);
}

net::Status Loop::listen(std::vector<net::Socket> tcp) {
    listeners_ = std::move(tcp);
    for (net::Socket& listener : listeners_) {
        if (auto added = port_.add(listener); !added)
            return added;
        const LPFN_ACCEPTEX call = accept_call(listener);
        if (call == nullptr)
            return net::fail_last("find AcceptEx");
        for (std::size_t i = 0; i < accepts_at_once; ++i) {
            accepts_.push_back(std::make_unique<Accept>(*this, listener, call));
            accepts_.back()->start();
        }
    }
    return {};
}

void Loop::adopt(net::Accepted accepted) {
    auto client = service_.admit(std::move(accepted));
    if (!client)
        return;
    auto connection = std::make_unique<IocpConnection>(service_, drain_, std::move(*client));
    if (connection->start(port_))
        connections_.push_back(std::move(connection));
}

net::Status Loop::run() {
    while (!finished()) {
        if (auto waited = port_.wait(next_deadline()); !waited)
            return waited;
        if (!drain_.begun && (service_.drain().raised() || service_.abort().raised()))
            begin_drain();
        if (service_.abort().raised())
            abort_all();
        const net::Deadline now = net::Clock::now();
        if (!drain_.begun)
            for (const auto& accept : accepts_)
                accept->check_time(now);
        if (now >= next_sweep_)
            sweep();
        forget_those_over();
    }
    return {};
}

// What is under way writes to its operation until it is done.
Loop::~Loop() {
    if (!drain_.begun)
        begin_drain();
    abort_all();
    while (!finished() && port_.wait(net::no_deadline))
        forget_those_over();
}

void Loop::abort_all() {
    for (const auto& connection : connections_)
        connection->abort();
}

void Loop::forget_those_over() {
    std::erase_if(connections_, [](const auto& connection) { return connection->over(); });
}

bool Loop::finished() const {
    return drain_.begun && connections_.empty() &&
           std::none_of(accepts_.begin(), accepts_.end(),
                        [](const auto& accept) { return accept->pending(); });
}

net::Deadline Loop::next_deadline() const {
    net::Deadline next = connections_.empty() ? net::no_deadline : next_sweep_;
    if (!drain_.begun)
        for (const auto& accept : accepts_)
            next = std::min(next, accept->resumes());
    return next;
}

void Loop::begin_drain() {
    drain_ = {true, service_.drain_deadline()};
    next_sweep_ = net::Clock::now();
    for (net::Socket& listener : listeners_) {
        take_waiting(listener);
        ::CancelIoEx(reinterpret_cast<HANDLE>(listener.native()), nullptr);
        listener.close();
    }
}

// Those in the queue already that no accept has taken.
void Loop::take_waiting(net::Socket& listener) {
    static_cast<void>(listener.set_blocking(false));
    for (;;) {
        net::Accepted accepted = net::accept(listener, false);
        if (!accepted.transfer.done())
            return;
        adopt(std::move(accepted));
    }
}

void Loop::sweep() {
    const net::Deadline now = net::Clock::now();
    for (const auto& connection : connections_)
        connection->check_time(now);
    const ServeOptions& options = service_.options();
    std::chrono::nanoseconds shortest = options.write_timeout;
    if (options.idle_timeout)
        shortest = std::min(shortest, *options.idle_timeout);
    next_sweep_ =
        now + (drain_.begun ? drain_sweep_interval
                            : std::clamp<std::chrono::nanoseconds>(
                                  shortest / 10, least_sweep_interval, most_sweep_interval));
}

// Answers datagrams until the drain, and wakes the loop when it and when the abort is raised.
class Watcher {
  public:
    Watcher(Service& service, CompletionPort& port, std::vector<net::Socket> udp,
            net::StopSignal& finished)
        : finished_(finished), thread_([this, &service, &port, moved = std::move(udp)]() mutable {
              status_ =
                  echo_datagrams(std::move(moved), service.counters().datagrams, service.drain());
              port.wake();
              watch_abort(service);
              port.wake();
          }) {}
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() { finish(); }

    net::Status finish() {
        finished_.raise();
        if (thread_.joinable())
            thread_.join();
        return status_;
    }

  private:
    void watch_abort(Service& service) {
        std::array<net::PollEntry, 2> entries{};
        entries[0].fd = service.abort().waitable();
        entries[1].fd = finished_.waitable();
        for (net::PollEntry& entry : entries)
            entry.events = POLLIN;
        net::platform::poll(entries, -1);
    }

    net::StopSignal& finished_;
    net::Status status_;
    std::thread thread_;
};

}  // namespace

net::Status serve_with_iocp(Service& service, Listeners listeners) {
    auto port = CompletionPort::create();
    if (!port)
        return net::fail(port.error());
    auto finished = net::StopSignal::create();
    if (!finished)
        return net::fail(finished.error());
    Loop loop(service, *port);
    if (auto ready = loop.listen(std::move(listeners.tcp)); !ready)
        return ready;
    Watcher watcher(service, *port, std::move(listeners.udp), *finished);
    auto served = loop.run();
    auto answered = watcher.finish();
    return served ? answered : served;
}

}  // namespace sockbox::serve

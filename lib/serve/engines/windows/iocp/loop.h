// One thread's loop at a completion port: its connections, their time, the drain and the end.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "serve/engines/client_queue.h"
#include "serve/engines/windows/iocp/acceptor.h"
#include "serve/engines/windows/iocp/connection.h"

namespace sockbox::serve {

// Everything is called from the thread that runs it, but for what says otherwise.
class IocpLoop {
  public:
    static net::Result<std::unique_ptr<IocpLoop>> create(Service& service);
    IocpLoop(Service& service, CompletionPort port, net::Pages buffer);
    IocpLoop(const IocpLoop&) = delete;
    IocpLoop& operator=(const IocpLoop&) = delete;
    // Ends its connections with a reset, and waits until nothing is under way.
    ~IocpLoop();

    // Who takes the connections that this loop accepts; unless set, it serves them itself.
    void place_with(Place place) { place_ = std::move(place); }

    net::Status listen(std::vector<net::Socket> tcp);

    // Serves a connection. One for which there is no memory is closed, and told.
    void adopt(Client&& client) noexcept;

    // From any thread: a connection to adopt; none comes any more; look whether the server ends.
    void put(Client&& client);
    void close();
    void wake() noexcept { port_.wake(); }

    // Serves until close() was called and neither a listener nor a connection is left: those it has
    // when the drain begins are then finished. Fails only where the system cannot wait.
    net::Status run();

    // For connections and acceptors.
    Service& service() noexcept { return service_; }
    CompletionPort& port() noexcept { return port_; }
    std::span<std::byte> buffer() noexcept { return {buffer_.get(), buffer_bytes}; }
    bool draining() const noexcept { return draining_; }
    net::Deadline drain_deadline() const noexcept { return drain_deadline_; }
    const Place& place() const noexcept { return place_; }
    void destroy(IocpConnection::List::iterator connection) { connections_.erase(connection); }

    static constexpr std::size_t buffer_bytes = 64 * 1024;

  private:
    template <class Visit>
    void for_each(const Visit& visit);
    bool finished() const;
    net::Deadline next_deadline() const;
    void after_wait();
    void begin_drain();
    void abort_all();

    Service& service_;
    CompletionPort port_;
    net::Pages buffer_;
    Place place_ = [this](Client&& client) { adopt(std::move(client)); };
    ClientQueue placed_;
    bool closed_ = false;
    std::vector<std::unique_ptr<IocpAcceptor>> acceptors_;
    IocpConnection::List connections_;
    net::Deadline next_sweep_{};
    bool draining_ = false;
    net::Deadline drain_deadline_ = net::no_deadline;
};

}  // namespace sockbox::serve

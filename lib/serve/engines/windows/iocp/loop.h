// One thread's loop at a completion port: connections, timeouts, the drain and the end.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "serve/engines/client_queue.h"
#include "serve/engines/loop_duties.h"
#include "serve/engines/windows/iocp/acceptor.h"
#include "serve/engines/windows/iocp/connection.h"

namespace sockbox::serve {

// Every method is called from the thread that runs the loop, except where noted.
class IocpLoop {
  public:
    static net::Result<std::unique_ptr<IocpLoop>> create(Service& service);
    IocpLoop(Service& service, CompletionPort port, net::Pages buffer);
    IocpLoop(const IocpLoop&) = delete;
    IocpLoop& operator=(const IocpLoop&) = delete;
    // Resets all connections, and blocks until no operation is pending.
    ~IocpLoop();

    // Sets what becomes of accepted connections; by default the loop serves them itself.
    void send_clients_to(ClientSink sink) { sink_ = std::move(sink); }

    net::Status listen(std::vector<net::Socket> tcp);

    // Serves a connection. If memory runs out, it is closed and reported.
    void adopt(Client&& client) noexcept;

    // From any thread: adopt this connection; expect no more; check the stop signals.
    void put(Client&& client);
    void close();
    void wake() noexcept { port_.wake(); }

    // Serves until close() has been called and no listener or connection is left; existing
    // connections are finished when the drain begins. Fails only if the system cannot wait.
    net::Status run();

    // For connections and acceptors.
    Service& service() noexcept { return service_; }
    CompletionPort& port() noexcept { return port_; }
    std::span<std::byte> buffer() noexcept { return {buffer_.get(), buffer_bytes}; }
    net::Deadline now() noexcept { return duties_.now(); }
    bool draining() const noexcept { return duties_.draining(); }
    net::Deadline drain_deadline() const noexcept { return duties_.drain_deadline(); }
    const ClientSink& sink() const noexcept { return sink_; }
    void destroy(IocpConnection::List::iterator connection) { connections_.erase(connection); }

    static constexpr std::size_t buffer_bytes = 64 * 1024;

  private:
    template <class Visit>
    void for_each(const Visit& visit);
    bool finished() const;
    net::Deadline next_deadline();
    void after_wait();
    void begin_drain();
    void abort_all();

    Service& service_;
    CompletionPort port_;
    net::Pages buffer_;
    ClientSink sink_ = [this](Client&& client) { adopt(std::move(client)); };
    ClientQueue placed_;
    bool closed_ = false;
    std::vector<std::unique_ptr<IocpAcceptor>> acceptors_;
    IocpConnection::List connections_;
    LoopDuties duties_;
};

}  // namespace sockbox::serve

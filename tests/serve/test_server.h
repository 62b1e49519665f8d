// A server in this process, with any engine, on a free loopback port.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "serve/engines/engines.h"
#include "tests/support.h"

namespace sockbox::serve {

// An observer that remembers everything that is reported to it.
class Witness final : public Observer {
  public:
    void opened(const net::Endpoint& /*peer*/) override {}
    void ended(const ConnectionReport& report) override {
        const std::lock_guard lock(mutex_);
        reports_.push_back(report);
        changed_.notify_all();
    }
    void trouble(const net::Error& error) override {
        const std::lock_guard lock(mutex_);
        troubles_.push_back(error.message());
        changed_.notify_all();
    }

    // Blocks until this many connections have ended; returns them in that order.
    std::vector<ConnectionReport> reports(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(
            changed_.wait_for(lock, test::patience, [&] { return reports_.size() >= count; }));
        return reports_;
    }
    std::vector<std::string> troubles(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(
            changed_.wait_for(lock, test::patience, [&] { return troubles_.size() >= count; }));
        return troubles_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ConnectionReport> reports_;
    std::vector<std::string> troubles_;
};

class TestServer {
  public:
    // `before` is called when clients can reach the sockets but no one serves them yet.
    using Before = std::function<void(TestServer&)>;

    explicit TestServer(const Engine& engine, ServeOptions options = {}, std::uint16_t port = 0,
                        const Before& before = {})
        : options_(std::move(options)),
          drain_(*net::StopSignal::create()),
          abort_(*net::StopSignal::create()),
          counters_(*net::Shared<Counters>::create()),
          service_(options_, *counters_, witness_, drain_, abort_) {
        ListenPlan plan;
        plan.hosts = {{net::Endpoint::loopback(net::Family::ipv4)}};
        plan.port = port;
        auto listeners = open_listeners(plan);
        if (!listeners) {
            ADD_FAILURE() << listeners.error().message();
            return;
        }
        port_ = listeners->port;
        if (before)
            before(*this);
        thread_ = std::thread([this, &engine, moved = std::move(*listeners)]() mutable {
            const auto served = engine.serve(service_, std::move(moved));
            EXPECT_TRUE(served) << served.error().message();
        });
    }
    ~TestServer() {
        abort();
        join();
    }

    void drain() { drain_.raise(); }
    void abort() { abort_.raise(); }
    void join() {
        // A thread waiting for the drain sees the abort only after it.
        if (abort_.raised())
            drain_.raise();
        if (thread_.joinable())
            thread_.join();
    }

    std::uint16_t port() const { return port_; }
    net::Endpoint endpoint() const { return net::Endpoint::loopback(net::Family::ipv4, port_); }
    const Counters& counters() const { return *counters_; }
    Witness& witness() { return witness_; }

    // Connects a client; a small receive buffer makes it slow.
    net::Socket connect(int receive_buffer = 0) const {
        net::ConnectOptions options;
        options.deadline = net::deadline_in(test::patience);
        if (receive_buffer > 0)
            options.prepare = [receive_buffer](net::Socket& socket) {
                return socket.set_option(SOL_SOCKET, SO_RCVBUF, receive_buffer);
            };
        auto socket = net::connect_to(endpoint(), options);
        EXPECT_TRUE(socket) << socket.error().message();
        return std::move(*socket);
    }

  private:
    ServeOptions options_;
    Witness witness_;
    net::StopSignal drain_;
    net::StopSignal abort_;
    net::Shared<Counters> counters_;
    Service service_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace sockbox::serve

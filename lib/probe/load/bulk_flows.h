// TCP connections through an echo server that carry as much as the path takes, in both directions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/signals.h"
#include "net/streams.h"
#include "probe/lane_poll.h"
#include "system/memory.h"

namespace sockbox::probe {

struct BulkOptions {
    std::size_t flows = 1;
    net::ConnectOptions connect{};  // of each flow; its deadline is that of all
};

// Flows that send and receive all the time, on a thread of their own, until the object is
// destroyed. What comes back is counted but not compared. Each flow has at most what its socket
// buffers hold under way. A flow that breaks is not replaced.
class BulkFlows {
  public:
    // Connects all flows at once, blocking until options.connect.deadline or its stop signal, and
    // then starts to send. Fails if a flow cannot connect or no thread can be started.
    static net::Result<std::unique_ptr<BulkFlows>> start(const net::Endpoint& server,
                                                         const BulkOptions& options);
    // Resets the connections, so that nothing more is sent that waits in their buffers.
    ~BulkFlows();
    BulkFlows(const BulkFlows&) = delete;
    BulkFlows& operator=(const BulkFlows&) = delete;

    std::size_t size() const noexcept { return flows_.size(); }

    // The rest may be called from any thread.
    std::uint64_t sent_bytes() const noexcept { return sent_; }
    std::uint64_t received_bytes() const noexcept { return received_; }
    // How many flows have broken, and why the first of them did.
    struct Broken {
        std::size_t flows = 0;
        net::Error first{};
    };
    Broken broken() const;

  private:
    struct Flow {
        net::Socket socket;
        Watched watched{};
    };

    BulkFlows(const net::Endpoint& server, net::StopSignal over, std::vector<net::Socket> sockets);
    net::Status watch();
    void run();
    void turn(Flow& flow, short events);
    void give_up(Flow& flow, std::string_view action, const std::error_code& code);

    const net::Endpoint server_;
    net::StopSignal over_;
    std::unique_ptr<LanePoll> poll_;
    std::vector<Flow> flows_;  // does not grow
    net::PageBuffer outgoing_;
    net::PageBuffer incoming_;
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> received_{0};
    mutable std::mutex mutex_;  // guards broken_
    Broken broken_;
    std::thread thread_;
};

}  // namespace sockbox::probe

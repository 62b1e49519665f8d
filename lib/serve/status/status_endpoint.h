// The HTTP endpoint of a program that is watched: /metrics and /healthz.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/endpoint.h"
#include "net/signals.h"
#include "net/socket.h"
#include "system/result.h"

namespace sockbox::serve {

// What it shows; both are called from its thread, and so have to be quick.
struct StatusPages {
    struct Text {
        std::string_view content_type;  // of static storage
        std::string text;
    };
    // The metrics, as OpenMetrics or in the classic format of Prometheus.
    std::function<Text(bool open_metrics)> metrics;
    // Whether all is well, for /healthz; empty: always.
    std::function<bool()> healthy;
};

// Answers on a thread of its own, so that the program's work never waits for a scraper. Sixteen
// visitors at once have room, a newer one takes the place of the oldest; each may send 8 KiB and
// has five seconds.
class StatusEndpoint {
  public:
    // Binds and listens. Nobody is answered before start().
    static net::Result<StatusEndpoint> open(const net::Endpoint& where, StatusPages pages);
    StatusEndpoint(StatusEndpoint&&) noexcept;
    StatusEndpoint& operator=(StatusEndpoint&&) = delete;
    // Ends its thread.
    ~StatusEndpoint();

    // Fails where the system has no room for a thread.
    net::Status start();

    const net::Socket& socket() const noexcept;

  private:
    class Server;
    explicit StatusEndpoint(std::unique_ptr<Server> server) noexcept;
    std::unique_ptr<Server> server_;
};

}  // namespace sockbox::serve

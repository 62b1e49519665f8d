// An HTTP endpoint for monitoring: /metrics, /healthz and a page for people.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/signals.h"
#include "net/socket.h"
#include "system/result.h"

namespace sockbox::serve {

// The content of the pages. The functions are called from the endpoint's thread and have to be
// fast.
struct StatusPages {
    struct Text {
        std::string_view content_type;  // static storage
        std::vector<std::string> pieces;
    };
    // The metrics, in OpenMetrics or the classic Prometheus text format.
    std::function<Text(bool open_metrics)> metrics;
    // For /healthz: 200 if true, else 503. Empty: always healthy.
    std::function<bool()> healthy;
    // For /: an HTML page. Empty: there is none.
    std::function<std::string()> page;
};

// Responds on a thread of its own, so that the program never waits for a scraper. Serves up to 16
// visitors at a time, a new one replacing the oldest; each may send 8 KiB and stay for five
// seconds.
class StatusEndpoint {
  public:
    // Binds and listens. Requests are answered after start().
    static net::Result<StatusEndpoint> open(const net::Endpoint& where, StatusPages pages);
    StatusEndpoint(StatusEndpoint&&) noexcept;
    StatusEndpoint& operator=(StatusEndpoint&&) = delete;
    // Stops the thread.
    ~StatusEndpoint();

    // Fails if the system cannot start a thread.
    net::Status start();

    const net::Socket& socket() const noexcept;

  private:
    class HttpServer;
    explicit StatusEndpoint(std::unique_ptr<HttpServer> server) noexcept;
    std::unique_ptr<HttpServer> server_;
};

}  // namespace sockbox::serve

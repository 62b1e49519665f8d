// The option --load: latency under load.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "net/signals.h"
#include "net/streams.h"
#include "probe/load/bulk_flows.h"
#include "report/under_load.h"
#include "tools/client/client.h"

namespace sockbox::tools {

class LoadTest {
  public:
    // `client` must outlive the object.
    LoadTest(Io io, const ClientOptions& client) : io_(io), client_(client) {}

    void declare(Cli& cli);
    bool is_requested() const noexcept { return flows_ > 0; }
    std::size_t flows() const noexcept { return static_cast<std::size_t>(flows_); }
    // What contradicts the option; empty if nothing does.
    std::string mistake(const Cli& cli, bool is_endless, bool has_many_servers) const;

    // What is measured: the echo server for the flows, and how long to connect to it.
    struct Server {
        net::Endpoint address;
        std::string target;
        std::chrono::nanoseconds connect_timeout{default_connect_timeout};
    };
    // Measures once, calling it `part` of the test; blocks until then.
    using Measure = std::function<net::Result<report::MeasurementReport>(std::string_view part)>;
    // Measures three times, the second time beside the flows. Returns the report of that one, with
    // the others in it; or of the first, if nothing came back in it or it was interrupted before
    // the load was there. Fails if one of these two does, or if the flows cannot connect or carry
    // nothing; a failure of the last one is printed.
    net::Result<report::MeasurementReport> run(const Server& server, const Measure& measure,
                                               const net::StopSignal& stop) const;

  private:
    net::Result<std::unique_ptr<probe::BulkFlows>> start_flows(const Server& server,
                                                               const net::StopSignal& stop) const;
    net::Status ramp_up(const Server& server, const probe::BulkFlows& flows,
                        const net::StopSignal& stop) const;
    bool shows_waiting() const { return !client_.common.quiet; }

    Io io_;
    const ClientOptions& client_;
    std::int64_t flows_ = 0;
};

}  // namespace sockbox::tools

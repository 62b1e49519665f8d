// udpecho --mtu and --trace: the path MTU and the hops to the server.
#pragma once

#include "probe/path/path_mtu.h"
#include "probe/path/trace.h"
#include "report/json.h"
#include "tools/client/client.h"
#include "tools/front/cli.h"
#include "tools/udpecho/datagram_settings.h"

namespace sockbox::tools {

// Examines the path to a server. All references passed to the constructor must outlive the object.
class PathProbe {
  public:
    PathProbe(Io io, const ClientOptions& client, const DatagramSettings& travel)
        : io_(io), client_(client), datagram_settings_(travel) {}

    // Declares --mtu and --trace.
    void declare(Cli& cli);
    bool is_requested() const { return mtu_ || trace_; }
    // Only if it is requested.
    std::string_view mode() const { return mtu_ ? "mtu" : "trace"; }
    // An error message if options contradict each other, otherwise empty.
    std::string mistake(const Cli& cli) const;

    // Examines the path to `target`, which must be resolved, and prints the result. Blocks until it
    // is complete or `stop` is raised, by an interrupt. Returns the exit status.
    int run(const Target& target, const net::StopSignal& stop);

  private:
    net::Result<probe::DatagramSocket> open_for_mtu(const Target& target,
                                                    probe::PathMtuOptions& options) const;
    int find_mtu(const Target& target, const net::StopSignal& stop);
    int trace(const Target& target, const net::StopSignal& stop);
    void print(const probe::PathMtu& found, const Target& target, const net::Endpoint& peer) const;
    void print(const probe::Trace& trace, const Target& target, const net::Endpoint& peer) const;

    Io io_;
    const ClientOptions& client_;
    const DatagramSettings& datagram_settings_;
    bool mtu_ = false;
    bool trace_ = false;
};

}  // namespace sockbox::tools

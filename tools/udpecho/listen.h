// udpecho --listen: the connectionless iterative server.
#pragma once

#include <string>
#include <vector>

#include "tools/client/client.h"
#include "tools/front/cli.h"
#include "tools/front/metrics.h"
#include "tools/udpecho/travel.h"

namespace sockbox::tools {

class UdpListen {
  public:
    UdpListen(Io io, const Client& client, const MetricsOption& metrics, const Stamp& stamp)
        : io_(io), client_(client), metrics_(metrics), stamp_(stamp) {}

    // --listen -p -b --port-file and those of declare_access(); --set and -4 -6 are the client's,
    // --metrics that of measuring.
    void declare(Cli& cli);
    bool is_wanted() const { return listen_; }

    // What is wrong with the options together, in words; empty where nothing is.
    std::string mistake(const Cli& cli) const;

    // Echoes, or reflects STAMP, until SIGINT or SIGTERM; the exit status.
    int run(const Cli& cli);

  private:
    int serve();
    net::Status reflect(std::vector<net::Socket>& sockets);
    void announce(const std::vector<net::Socket>& sockets,
                  const std::optional<serve::StatusEndpoint>& metrics) const;

    Io io_;
    const Client& client_;
    const MetricsOption& metrics_;
    const Stamp& stamp_;
    bool listen_ = false;
    std::uint16_t port_ = 3490;
    std::vector<std::string> bind_;
    std::string port_file_;
    serve::DatagramOptions options_;
};

}  // namespace sockbox::tools

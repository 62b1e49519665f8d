// udpecho --listen: the UDP echo server and STAMP reflector.
#pragma once

#include <string>
#include <vector>

#include "serve/listeners.h"
#include "tools/client/client.h"
#include "tools/front/cli.h"
#include "tools/front/metrics.h"
#include "tools/server/line_writer.h"
#include "tools/server/server.h"
#include "tools/udpecho/datagram_settings.h"

namespace sockbox::tools {

// The server. All references passed to the constructor must outlive the object.
class UdpListen {
  public:
    UdpListen(Io io, const ClientOptions& client, const MetricsOption& metrics, const Stamp& stamp)
        : io_(io), client_(client), metrics_(metrics), stamp_(stamp) {}

    // Declares --listen -p -b --user --port-file and the options of declare_access(). The server
    // also uses --set of ClientOptions, --metrics and --no-sandbox of Measuring, and -4 and -6.
    void declare(Cli& cli);
    bool is_requested() const { return listen_; }

    // An error message if options contradict each other, otherwise empty.
    std::string mistake(const Cli& cli) const;

    // Echoes datagrams or, with --stamp, reflects test packets; blocks until SIGINT, SIGTERM or
    // SIGHUP. Returns the exit status.
    int run(const Cli& cli);

  private:
    net::Result<serve::Listeners> find_listeners(LineWriter& notes) const;
    // Blocks until a signal. Returns the exit status; if it fails, the error is not printed yet.
    net::Result<int> serve(LineWriter& lines, LineWriter& notes);
    net::Status reflect(std::vector<net::Socket>& sockets);
    std::string announcement(const std::vector<net::Socket>& sockets,
                             const std::optional<serve::StatusEndpoint>& metrics) const;
    void note(LineWriter& notes, std::string_view text) const;

    Io io_;
    const ClientOptions& client_;
    const MetricsOption& metrics_;
    const Stamp& stamp_;
    bool listen_ = false;
    std::uint16_t port_ = 3490;
    std::vector<std::string> bind_;
    std::string about_listeners_;  // the options given that choose the sockets, for a message
    std::string port_file_;
    Confinement confinement_;
    bool no_twamp_light_ = false;
    serve::DatagramOptions options_;
};

}  // namespace sockbox::tools

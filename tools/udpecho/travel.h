// The options of udpecho that say how datagrams travel and whose clock times them.
#pragma once

#include <optional>
#include <span>

#include "net/datagram_notices.h"
#include "probe/datagram_socket.h"
#include "probe/lanes/datagram_lane.h"
#include "tools/client/client.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

class Travel {
  public:
    explicit Travel(const Client& client) : client_(client) {}

    // --dscp --ttl --broadcast --timestamps
    void declare(Cli& cli);

    bool broadcast() const { return broadcast_; }
    std::optional<int> dscp() const { return dscp_; }

    // A socket to the first of the addresses that it has a way to, set up as asked.
    net::Result<probe::DatagramSocket> open(std::span<const net::Endpoint> endpoints) const;

    // Asks for the system's times, unless the user's are wanted, and tells whether it gives them.
    // Fails only where they were asked for and there are none.
    net::Result<bool> stamp(net::Socket& socket, net::Stamps stamps) const;

  private:
    const Client& client_;
    std::optional<int> dscp_;
    std::optional<int> hop_limit_;
    bool broadcast_ = false;
    std::optional<bool> kernel_stamps_;
};

}  // namespace sockbox::tools

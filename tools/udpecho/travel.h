// The options of udpecho that concern its datagrams: DSCP, TTL, timestamps, and STAMP in place of
// echo.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "net/datagram_notices.h"
#include "net/stamp.h"
#include "probe/datagram_socket.h"
#include "probe/lanes/datagram_lane.h"
#include "probe/lanes/stamp_form.h"
#include "serve/datagrams/stamp_reflector.h"
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

class Stamp {
  public:
    // --stamp --stateful --stamp-format
    void declare(Cli& cli);
    bool is_wanted() const { return wanted_; }

    // What is wrong with the options together, in words; empty where nothing is.
    std::string mistake(const Cli& cli) const;

    // The Session-Sender: its datagrams, of `size` bytes, and what it is about the size.
    std::string size_mistake(std::size_t size, std::optional<int> dscp) const;
    std::unique_ptr<probe::DatagramForm> form(std::size_t size, std::optional<int> dscp,
                                              std::uint64_t first_sequence) const;

    // The Session-Reflector.
    serve::StampReflectorOptions reflector() const { return {stateful_, format()}; }

  private:
    net::stamp::Format format() const {
        return format_ == 0 ? net::stamp::Format::ntp : net::stamp::Format::ptp;
    }

    bool wanted_ = false;
    bool stateful_ = false;
    std::size_t format_ = 0;
};

}  // namespace sockbox::tools

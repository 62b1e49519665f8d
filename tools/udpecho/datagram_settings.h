// The options of udpecho for its datagrams: DSCP, TTL, broadcast, timestamps and STAMP.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "net/datagram_notices.h"
#include "net/stamp_extensions.h"
#include "probe/datagram_socket.h"
#include "probe/lanes/datagram_lane.h"
#include "probe/lanes/stamp_form.h"
#include "serve/datagrams/stamp_reflector.h"
#include "tools/client/client.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

// How datagrams are sent and timed. `client` must outlive the object.
class DatagramSettings {
  public:
    explicit DatagramSettings(const ClientOptions& client) : client_(client) {}

    // Declares --dscp --ecn --ttl --broadcast --timestamps.
    void declare(Cli& cli);

    bool broadcast() const { return broadcast_; }
    // Set if --dscp or --ecn was given.
    std::optional<int> dscp() const { return ecn_ ? dscp_.value_or(0) : dscp_; }
    // Makes sockets report the traffic class of what arrives.
    void report_header_fields() { header_fields_ = true; }

    // Opens a socket to the first of the addresses to which there is a route, and sets the options.
    // `connected` is that of probe::DatagramSocketOptions; `number` selects the local port.
    net::Result<probe::DatagramSocket> open(std::span<const net::Endpoint> endpoints,
                                            bool connected, std::size_t number = 0) const;

    // Enables kernel timestamps, unless --timestamps user was given, and returns whether they are
    // enabled. Fails only if --timestamps kernel was given and they are not available.
    net::Result<bool> stamp(net::Socket& socket, net::Stamps stamps) const;

  private:
    const ClientOptions& client_;
    std::optional<int> dscp_;
    std::optional<int> ecn_;
    std::optional<int> hop_limit_;
    bool header_fields_ = false;
    bool broadcast_ = false;
    std::optional<bool> kernel_stamps_;
};

// STAMP (RFC 8762) instead of echo.
class Stamp {
  public:
    // Declares --stamp --stateful --stamp-format --stamp-request --stamp-key-file --stamp-open.
    void declare(Cli& cli);
    bool is_requested() const { return wanted_; }

    // Reads the file of --stamp-key-file, if it was given. Blocks; fails as net::HmacKey::read().
    net::Status read_key();

    // An error message if options contradict each other, otherwise empty.
    std::string mistake(const Cli& cli) const;

    // For the Session-Sender: the smallest size of a packet, an error message if a packet cannot
    // have `size` bytes (otherwise empty), and the form of packets of that size.
    std::size_t min_size(std::optional<int> dscp) const;
    std::string size_mistake(std::size_t size, std::optional<int> dscp) const;
    std::unique_ptr<probe::DatagramForm> form(std::size_t size, std::optional<int> dscp,
                                              std::uint64_t first_sequence) const;

    // For the Session-Reflector.
    serve::StampReflectorOptions reflector() const {
        return {stateful_, format(), true, key_, mode()};
    }

  private:
    probe::StampFormOptions options(std::size_t size, std::optional<int> dscp) const;
    net::stamp::Mode mode() const {
        return key_ && !open_ ? net::stamp::Mode::authenticated : net::stamp::Mode::open;
    }
    net::stamp::Format format() const {
        return format_ == 0 ? net::stamp::Format::ntp : net::stamp::Format::ptp;
    }

    bool wanted_ = false;
    bool stateful_ = false;
    std::size_t format_ = 0;
    probe::StampRequests requests_;
    std::string key_file_;
    std::optional<net::HmacKey> key_;
    bool open_ = false;
};

}  // namespace sockbox::tools

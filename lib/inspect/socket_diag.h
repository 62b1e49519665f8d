// Option values that the kernel reports about a socket in a single reply (sock_diag(7)).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "inspect/socket_facts.h"
#include "option/table.h"

namespace sockbox::net {

// Replaces a getsockopt(2) for each of these options by one request per socket. Uses a fixed amount
// of memory and one descriptor. Not synchronized.
class SocketDiag {
  public:
    // Requests the values of a socket, which replace those of the previous one. There are none if
    // the kernel reports only other sockets: those that are neither TCP nor UDP, are not bound, are
    // bound to an interface, or are in another network namespace. Does not block.
    void ask(const Socket& socket, const SocketFacts& facts);

    // The bytes that getsockopt(2) would return for a row of all_options(), valid until the next
    // call; nullopt if they were not reported.
    std::optional<std::span<const std::byte>> of(const OptionRow& row) {
        const std::size_t place =
            reported_ ? places_[static_cast<std::size_t>(&row - all_options().data())] : nowhere;
        return place == nowhere ? std::nullopt : value(place, row);
    }

  private:
    static constexpr std::size_t nowhere = 255;
    static std::vector<std::uint8_t> find_places();

    bool exchange(std::span<const std::byte> request);
    std::optional<std::span<const std::byte>> value(std::size_t place, const OptionRow& row);

    std::vector<std::uint8_t> places_;  // of the rows, in the table of what is reported
    Socket netlink_;
    bool unavailable_ = false;
    bool reported_ = false;
    std::uint32_t sequence_ = 0;
    int family_ = 0;
    std::array<std::byte, 1024> reply_;
    std::array<std::span<const std::byte>, 32> attributes_;  // by INET_DIAG_…; views into reply_
    std::array<std::byte, 16> value_;
};

}  // namespace sockbox::net

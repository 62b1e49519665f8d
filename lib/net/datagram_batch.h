// Datagrams received and sent many at a time, each with the address that it was sent to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "net/endpoint.h"
#include "net/socket.h"

namespace sockbox::net {

// One datagram, in the memory of the batch that received it.
struct BatchedDatagram {
    std::span<std::byte> data;
    Endpoint peer;  // where it came from, or goes to; with port 0: whom the socket is connected to
    // The address it was sent to, or is to leave from; its port is unused. Of one sent to many, our
    // own that an answer would leave from, or none.
    Endpoint local;
    bool truncated = false;
    bool to_one = true;  // sent to this host alone, not to a broadcast or multicast address

    // Of one received, only where asked for and where the system tells (Linux): when it came in, by
    // the wall clock since 1970; its TTL or hop limit; DSCP and ECN. Of one to be sent, the last
    // one takes the place of the socket's own.
    std::optional<std::chrono::nanoseconds> arrived{};
    std::optional<std::uint8_t> hop_limit{};
    std::optional<std::uint8_t> traffic_class{};
};

// Room for one receive and the replies to it. Defined once a system.
class DatagramBatch {
  public:
    static constexpr std::size_t most_slots = 64;
    static constexpr std::size_t longest_datagram = 64 * 1024;  // above any UDP payload

    // Up to `slots` datagrams (at most most_slots) of up to `bytes` each. Fails with
    // std::errc::not_enough_memory. The memory is used as datagrams need it.
    static Result<DatagramBatch> create(std::size_t slots = most_slots,
                                        std::size_t bytes = longest_datagram);
    DatagramBatch(DatagramBatch&&) noexcept;
    DatagramBatch& operator=(DatagramBatch&&) noexcept;
    ~DatagramBatch();

    // Makes a bound UDP socket non-blocking and lets it tell each datagram's destination.
    static Status prepare(Socket& socket);
    // Lets a socket tell each datagram's TTL or hop limit and traffic class. Elsewhere than on
    // Linux it does nothing.
    static Status want_header_fields(Socket& socket);

    std::size_t slots() const noexcept;

    // What waits, at most as many as there are slots; valid until the next receive. Never blocks.
    // Empty with `error` set where the system failed.
    std::span<BatchedDatagram> receive(const Socket& socket, std::error_code& error) noexcept;

    // How many datagrams the system ever dropped because the socket's buffer was full, as far as
    // the latest receive told.
    std::optional<std::uint32_t> overflow() const noexcept;

    // Sends `datagrams` (at most as many as there are slots) and returns how many left. One that
    // fails, or that would have to wait, is left out; those after it are sent all the same.
    std::size_t send(const Socket& socket, std::span<const BatchedDatagram> datagrams) noexcept;

    // Sends them up to the first that fails or would have to wait; `error` is then its own. Returns
    // how many left.
    std::size_t send_until_error(const Socket& socket, std::span<const BatchedDatagram> datagrams,
                                 std::error_code& error) noexcept;

    // From now on datagrams that follow each other to one peer, all as long as the first, are given
    // to the system as one train, which it cuts into them (Linux: UDP_SEGMENT): that costs a small
    // part of the time. Packet filters of this host see the train. Where the system cannot, and
    // elsewhere than on Linux, each is sent alone as before.
    void send_in_trains() noexcept;

  private:
    struct State;
    explicit DatagramBatch(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

// With port 0.
Endpoint endpoint_of(const in_addr& address) noexcept;

// With port 0, and with its zone where the address means nothing without one.
Endpoint endpoint_of(const in6_pktinfo& info) noexcept;

}  // namespace sockbox::net

// Receiving and sending many datagrams at a time, with the destination address of each.
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

// A received datagram, whose data is in the batch's memory, or a datagram to send.
struct BatchedDatagram {
    std::span<std::byte> data;  // the payload
    Endpoint peer;  // source, or destination; if its port is 0: the peer of a connected socket
    // Received: the address it was sent to; for broadcast and multicast, the address from which a
    // reply should be sent, or unspecified if not known. To send: the source address, or
    // unspecified to let the system choose. The port is unused.
    Endpoint local;
    bool truncated = false;
    bool to_one = true;    // received: not by broadcast or multicast
    std::size_t room = 0;  // received: bytes from the start of `data` that an answer may fill

    // The time of arrival, by the wall clock (UTC since 1970): on Linux after enable_timestamps().
    std::optional<std::chrono::nanoseconds> arrived{};
    // The TTL or hop limit on arrival: on Linux after enable_header_fields().
    std::optional<std::uint8_t> hop_limit{};
    // DSCP and ECN on arrival, likewise. To send (Linux): overrides that of the socket.
    std::optional<std::uint8_t> traffic_class{};
    // Received: its whole length, even if truncated; on Windows that of `data`.
    std::size_t length = 0;
    // Received: in one piece with the datagram before it (receive_in_trains()). To send: may be
    // sent in one piece with it.
    bool follows = false;
};

// Buffers for receiving datagrams and sending replies to them. On Linux a batch takes few system
// calls (recvmmsg(2), sendmmsg(2)), on Windows one per datagram. Nothing but create() allocates
// memory. Not synchronized.
//
//     auto batch = DatagramBatch::create();
//     if (!batch)
//         return fail(batch.error());
//     if (auto ready = DatagramBatch::prepare(socket); !ready)
//         return ready;
//     while (wait_for(socket, Direction::receive, no_deadline, &stop) == Readiness::ready) {
//         std::error_code error;
//         const auto datagrams = batch->receive(socket, error);
//         batch->send(socket, datagrams);  // echo them
//     }
class DatagramBatch {
  public:
    static constexpr std::size_t max_slots = 64;                // datagrams of a batch
    static constexpr std::size_t longest_datagram = 64 * 1024;  // exceeds any UDP payload
    static constexpr std::size_t max_train = 128;  // UDP_MAX_SEGMENTS of recent kernels

    // Allocates buffers for up to `slots` datagrams (at most max_slots) of up to `bytes` each;
    // pages that no datagram has used yet take up no memory. Fails with
    // std::errc::not_enough_memory.
    static Result<DatagramBatch> create(std::size_t slots = max_slots,
                                        std::size_t bytes = longest_datagram);
    DatagramBatch(DatagramBatch&&) noexcept;
    DatagramBatch& operator=(DatagramBatch&&) noexcept;
    ~DatagramBatch();

    // Puts a bound UDP socket into non-blocking mode and enables BatchedDatagram::local for it, or
    // disables it if not `with_local`. A socket bound to a unicast address of this host saves time
    // without it: all datagrams arrive at that address, and replies leave from it. Always enabled
    // on Windows.
    static Status prepare(Socket& socket, bool with_local = true);
    // Enables BatchedDatagram::hop_limit and traffic_class for a bound UDP socket. Does nothing on
    // Windows.
    static Status enable_header_fields(Socket& socket);

    // How many datagrams one receive() takes.
    std::size_t slots() const noexcept;

    // Receives the datagrams that are waiting, at most slots(), or max_train more if some arrived
    // in trains; they are valid until the next receive(). Never blocks. On failure sets `error` and
    // returns an empty span; otherwise clears `error`.
    std::span<BatchedDatagram> receive(const Socket& socket, std::error_code& error) noexcept;

    // Lets the kernel deliver consecutive datagrams of one peer to `socket` in one piece (UDP_GRO
    // in udp(7)), which receive() splits, so that they cost a fraction of the time. Requires the
    // full size of the buffers. Does nothing if the kernel refuses, and on Windows.
    void receive_in_trains(Socket& socket) noexcept;
    // Whether datagrams of the latest system call are left for another receive() on that socket,
    // which must come before one on another socket.
    bool has_more() const noexcept;

    // The total number of datagrams dropped because the socket's receive buffer was full, as
    // reported with the datagrams of the latest receive() (SO_RXQ_OVFL in socket(7)). Nullopt if
    // not reported: before the first drop, on Windows, and where the option is missing.
    std::optional<std::uint32_t> overflow() const noexcept;

    // Sends `datagrams` and returns how many were sent. Never blocks: a datagram
    // that fails or would block is skipped, and those after it are still sent.
    std::size_t send(const Socket& socket, std::span<const BatchedDatagram> datagrams) noexcept;

    // The same, but stops at the first datagram that fails or would block, and sets `error` to its
    // error.
    std::size_t send_until_error(const Socket& socket, std::span<const BatchedDatagram> datagrams,
                                 std::error_code& error) noexcept;

    // From now on, passes consecutive datagrams of the same size to the same peer to the kernel in
    // one piece, which it splits (UDP_SEGMENT in udp(7)); this takes a fraction of the time. Packet
    // filters on this host may see them unsplit. If the kernel refuses, and on Windows, datagrams
    // are sent one by one as before.
    void send_in_trains() noexcept;

  private:
    struct State;
    explicit DatagramBatch(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

// The endpoint with this address and port 0.
Endpoint endpoint_of(const in_addr& address) noexcept;

// The endpoint with this address and port 0, and with the interface as its zone if the address is
// link-local.
Endpoint endpoint_of(const in6_pktinfo& info) noexcept;

}  // namespace sockbox::net

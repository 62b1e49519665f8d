// Datagrams received and sent many at a time, each with the address that it was sent to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "net/endpoint.h"
#include "net/socket.h"

namespace sockbox::serve {

// One datagram, in the memory of the batch that received it.
struct BatchedDatagram {
    std::span<std::byte> data;
    net::Endpoint peer;   // where it came from, or goes to
    net::Endpoint local;  // the address it was sent to, or is to leave from; its port is unused
    bool truncated = false;
    bool to_one = true;  // sent to this host alone, not to a broadcast or multicast address
};

// Room for one receive and the replies to it. Defined once a system.
class DatagramBatch {
  public:
    static constexpr std::size_t capacity = 64;
    static constexpr std::size_t datagram_bytes = 64 * 1024;  // above any UDP payload

    // Fails with std::errc::not_enough_memory. The memory is used as datagrams need it.
    static net::Result<DatagramBatch> create();
    DatagramBatch(DatagramBatch&&) noexcept;
    DatagramBatch& operator=(DatagramBatch&&) noexcept;
    ~DatagramBatch();

    // Makes a bound UDP socket non-blocking and lets it tell each datagram's destination.
    static net::Status prepare(net::Socket& socket);

    // What waits, at most `capacity`; valid until the next receive. Never blocks. Empty with
    // `error` set where the system failed.
    std::span<BatchedDatagram> receive(const net::Socket& socket, std::error_code& error) noexcept;

    // How many datagrams the system ever dropped because the socket's buffer was full, as far as
    // the latest receive told.
    std::optional<std::uint32_t> overflow() const noexcept;

    // Sends `datagrams` (at most `capacity`) and returns how many left. One that fails, or that
    // would have to wait, is left out; those after it are sent all the same.
    std::size_t send(const net::Socket& socket,
                     std::span<const BatchedDatagram> datagrams) noexcept;

  private:
    struct State;
    explicit DatagramBatch(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace sockbox::serve

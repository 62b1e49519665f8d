// A UDP socket that carries numbered datagrams to an echo server and knows each reply by its
// record.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "net/icmp.h"
#include "net/socket.h"
#include "probe/measure.h"
#include "probe/payload.h"

namespace sockbox::probe {

// From 24 bytes on a datagram begins with a session, a number and the time of sending, 8 bytes
// each. Shorter ones are told apart by their content.
inline constexpr std::size_t datagram_header_bytes = 24;

class DatagramLane : public Lane {
  public:
    // `socket` is one of connect_datagram().
    DatagramLane(const MeasurePlan& plan, const Payload& payload, Measured& measured,
                 net::Socket socket);

    net::NativeSocket native() const override { return socket_.native(); }
    bool wants_to_send() const override { return false; }
    bool can_take(net::Clock::time_point now) const override;
    bool is_dead() const override { return false; }
    std::size_t outstanding() const override { return outstanding_; }
    net::Deadline next_expiry() const override;
    void take(const Message& message, net::Clock::time_point now) override;
    void on_ready() override;
    void expire(net::Clock::time_point now) override;
    void conclude() override;

  private:
    enum class State : std::uint8_t { unused, awaited, answered, lost };
    struct Record {
        Message message{};
        net::Clock::time_point origin;
        std::int64_t stamp = 0;  // the send time inside the datagram
        State state = State::unused;
    };

    Record& record(std::uint64_t index) { return ring_[index % ring_.size()]; }
    std::uint64_t oldest_kept() const { return next_ > ring_.size() ? next_ - ring_.size() : 0; }
    bool has_header() const { return payload_.size() >= datagram_header_bytes; }
    std::span<const std::byte> datagram(std::uint64_t index);
    net::Transfer send_past_errors(std::span<const std::byte> data);
    void take_errors();
    void give_up(const net::IcmpError& error);
    void take_datagram(std::span<const std::byte> got);
    std::optional<std::uint64_t> find_by_header(std::span<const std::byte> got);
    std::optional<std::uint64_t> find_by_content(std::span<const std::byte> got);
    void answer(std::uint64_t index, std::span<const std::byte> got);
    void settle(Record& record, State state);

    const MeasurePlan& plan_;
    const Payload& payload_;
    Measured& measured_;
    net::Socket socket_;
    std::uint64_t session_;
    std::vector<Record> ring_;
    std::uint64_t next_ = 0;     // index of the next datagram
    std::uint64_t oldest_ = 0;   // none before it is awaited
    std::uint64_t highest_ = 0;  // one more than the highest index answered
    std::size_t outstanding_ = 0;
    std::vector<std::byte> scratch_;
    std::vector<std::byte> buffer_;
};

}  // namespace sockbox::probe

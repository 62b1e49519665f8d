// A TCP connection that sends messages to an echo server and checks every byte that comes back.
#pragma once

#include <deque>

#include "net/streams.h"
#include "probe/echo_window.h"
#include "probe/lane.h"
#include "probe/lanes/datagram_form.h"

namespace sockbox::probe {

struct StreamLaneOptions {
    net::ConnectOptions connect;  // its deadline is ignored
    std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
    bool reconnect = false;    // use a new connection for each message
    bool kernel_view = false;  // read TCP_INFO at the end of each connection
};

// Sends messages of payload.size() bytes on one connection.
class StreamLane : public Lane {
  public:
    // `connected` is an established connection; without one, open() connects, or with `reconnect`
    // each message does. `source_port` is the local port of each connection, for results by port;
    // 0: the system chooses it. All references must outlive the lane.
    StreamLane(const MeasurePlan& plan, const StreamLaneOptions& options,
               const net::Endpoint& server, const Payload& payload, Measured& measured,
               std::optional<net::Socket> connected, std::uint16_t source_port = 0);

    net::NativeSocket native() const override { return socket_.native(); }
    std::uint64_t sockets_used() const override { return sockets_used_; }
    bool waits_to_send() const override { return connecting_ || unsent_ < records_.size(); }
    bool can_take(net::Clock::time_point now) const override;
    bool is_dead() const override { return dead_; }
    std::size_t outstanding() const override { return records_.size() - expired_; }
    net::Deadline next_expiry() const override;
    void open() override;
    bool is_opening() const override { return connecting_; }
    net::Status move_to(const net::Endpoint& server) override;
    void take(const Message& message, net::Clock::time_point now) override;
    void on_ready(int events, net::Clock::time_point ready_at, std::span<std::byte> room) override;
    // While it connects, it does not read.
    bool reads_all() const override { return !connecting_; }
    void expire(net::Clock::time_point now) override;
    void conclude() override;

  private:
    struct Record {
        Message message;
        net::Clock::time_point origin;           // when its time starts
        std::optional<Difference> difference{};  // the first byte that came back changed
        bool sent = false;                       // at least its first byte
    };

    void start_connection();
    void finish_connection();
    void send_more();
    // Returns the number of bytes; 0 if there are no more.
    std::size_t receive_more(std::span<std::byte> room);
    void take_bytes(std::span<const std::byte> got, std::span<std::byte> room);
    std::size_t owed() const;
    void complete_front();
    void count_surplus(std::size_t bytes);
    void hang_up(std::size_t surplus, std::span<std::byte> room);
    void report_wrong(const Record& record) const;
    void give_up_unsent(net::Clock::time_point now);
    bool is_deserted(net::Clock::time_point now) const;
    void fail(std::string_view phase, const std::error_code& code);
    void count_unsent(const Message& message, const net::Error& error);
    void lose(const Record& record, net::Clock::time_point now);
    void lose_all();
    void close();
    void close_socket();
    bool is_resting(net::Clock::time_point now) const;

    const MeasurePlan& plan_;
    const StreamLaneOptions& options_;
    const Payload& payload_;
    Measured& measured_;
    net::Endpoint server_;
    const std::uint16_t source_port_;
    stats::PortNumbers* by_port_;  // null without source_port_
    net::Socket socket_;
    std::uint64_t sockets_used_ = 0;
    net::Clock::time_point connect_began_{};
    net::Clock::time_point retry_at_{};  // no new connection before this time
    net::Clock::time_point ready_at_{};  // when poll(2) reported input
    net::Clock::time_point heard_at_{};  // when bytes last arrived on this connection
    net::Error failure_;                 // why there is no connection
    bool connecting_ = false;
    bool dead_ = false;
    // In stream order: first messages that were given up but may still be answered, then those
    // awaited, then those not sent completely.
    std::deque<Record> records_;
    std::size_t expired_ = 0;
    std::size_t unsent_ = 0;        // index of the first one not sent completely
    std::size_t sent_of_next_ = 0;  // bytes sent of that one
    std::size_t got_of_front_ = 0;  // bytes received of the first one
};

}  // namespace sockbox::probe

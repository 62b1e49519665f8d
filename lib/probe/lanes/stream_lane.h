// A TCP connection that carries messages to an echo server and checks every byte that comes back.
#pragma once

#include <deque>

#include "net/streams.h"
#include "probe/lanes/payload.h"
#include "probe/measure.h"
#include "system/memory.h"

namespace sockbox::probe {

struct StreamLaneOptions {
    net::Endpoint server;
    net::ConnectOptions connect;  // its deadline is unused
    std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
    bool reconnect = false;    // a new connection for each message
    bool kernel_view = false;  // look at TCP_INFO at the end of each connection
};

class StreamLane : public Lane {
  public:
    // `connected` is a connection made before; without one it is made by open(), or for each
    // message.
    StreamLane(const MeasurePlan& plan, const StreamLaneOptions& options, const Payload& payload,
               Measured& measured, std::optional<net::Socket> connected);

    net::NativeSocket native() const override { return socket_.native(); }
    bool wants_to_send() const override { return connecting_ || unsent_ < records_.size(); }
    bool can_take(net::Clock::time_point now) const override;
    bool is_dead() const override { return dead_; }
    std::size_t outstanding() const override { return records_.size() - expired_; }
    net::Deadline next_expiry() const override;
    void open() override;
    bool is_opening() const override { return connecting_; }
    void take(const Message& message, net::Clock::time_point now) override;
    void on_ready(int events, net::Clock::time_point told) override;
    void expire(net::Clock::time_point now) override;
    void conclude() override;

  private:
    struct Record {
        Message message;
        net::Clock::time_point origin;  // from when its time counts
        bool wrong = false;
        bool sent = false;  // its first bytes at least
    };

    void start_connection();
    void finish_connection();
    void send_more();
    void receive_more();
    void take_bytes(std::span<const std::byte> got);
    void complete_front();
    void give_up_unsent(net::Clock::time_point now);
    void fail(std::string_view phase, const std::error_code& code);
    void lose_all();
    void close();
    void close_socket();
    bool is_resting(net::Clock::time_point now) const;

    const MeasurePlan& plan_;
    const StreamLaneOptions& options_;
    const Payload& payload_;
    Measured& measured_;
    net::Socket socket_;
    net::Clock::time_point connect_began_{};
    net::Clock::time_point retry_at_{};  // after a failure not at once
    net::Clock::time_point told_{};      // when it was known that there is something to read
    bool connecting_ = false;
    bool dead_ = false;
    net::PageBuffer buffer_{65536};
    // In the order of the stream: first those given up but still to come, then those awaited, and
    // at the end those not sent yet.
    std::deque<Record> records_;
    std::size_t expired_ = 0;
    std::size_t unsent_ = 0;        // index of the first not sent to its end
    std::size_t sent_of_next_ = 0;  // bytes of that one
    std::size_t got_of_front_ = 0;  // bytes of the first
};

}  // namespace sockbox::probe

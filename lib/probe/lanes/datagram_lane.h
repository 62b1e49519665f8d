// A UDP socket that sends numbered datagrams and matches replies to its own records.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/datagram_batch.h"
#include "net/datagram_notices.h"
#include "net/socket.h"
#include "probe/datagram_socket.h"
#include "probe/lane.h"
#include "probe/lanes/datagram_form.h"
#include "probe/silence.h"

namespace sockbox::probe {

struct DatagramLaneOptions {
    // The destination is a broadcast or multicast address: any number of hosts may answer, and
    // replies are counted by address. Otherwise a reply from another address than the destination's
    // is not accepted.
    bool to_many = false;
    // The port of the socket, for results by port; `reopen` binds it again. 0: the system chose it.
    std::uint16_t source_port = 0;
    // Called after a run of losses, and when the address of the server changes; may be empty. The
    // socket is set up as the first one.
    ReopenDatagram reopen{};
    // Memory for a few datagrams of this size, which all lanes of one thread may share; null: the
    // lane has its own. Only for a closed loop.
    std::shared_ptr<net::DatagramBatch> batch{};
};

// Such memory for datagrams of `size` bytes. Fails if memory runs out.
net::Result<std::shared_ptr<net::DatagramBatch>> make_batch(const MeasurePlan& plan,
                                                            std::size_t size);

// A lane over one UDP socket, in a closed or an open loop.
class DatagramLane : public Lane {
  public:
    // `socket` is non-blocking and reports ICMP errors (net::enable_icmp_errors). Fails if memory
    // runs out.
    static net::Result<std::unique_ptr<Lane>> create(const MeasurePlan& plan, Measured& measured,
                                                     std::unique_ptr<DatagramForm> form,
                                                     DatagramSocket socket,
                                                     const DatagramLaneOptions& options);

    net::NativeSocket native() const override { return server_.socket.native(); }
    std::uint64_t sockets_used() const override { return sockets_used_; }
    bool waits_to_send() const override { return false; }
    bool can_take(net::Clock::time_point) const override { return window_.has_room(); }
    bool is_dead() const override { return false; }
    std::size_t outstanding() const override {
        return window_.outstanding() + (others_until_ != net::no_deadline ? 1 : 0);
    }
    net::Deadline next_expiry() const override;
    net::Status move_to(const net::Endpoint& server) override;
    void take(const Message& message, net::Clock::time_point now) override;
    void flush() override;
    void on_ready(int events, net::Clock::time_point ready_at, std::span<std::byte> room) override;
    void expire(net::Clock::time_point now) override;
    void add_results(Measured& numbers) const override;
    void conclude() override;

  private:
    DatagramLane(const MeasurePlan& plan, Measured& measured, std::unique_ptr<DatagramForm> form,
                 DatagramSocket socket, const DatagramLaneOptions& options);

    // When a batch was received.
    struct ReceiveTimes {
        net::Clock::time_point at;
        std::chrono::nanoseconds wall;    // the same instant by the wall clock
        net::Clock::time_point ready_at;  // when poll(2) reported it
    };

    bool is_open_loop() const { return plan_.rate > 0; }
    std::uint64_t first_queued() const { return window_.next() - queue_.size(); }
    void count_sent(std::uint64_t index);
    void refuse(std::uint64_t index, const net::Error& error);
    void restart_stamps();
    net::Status reopen(const net::Endpoint& server, net::Clock::time_point now);
    std::uint64_t overflowed_now() const;
    // Of which probes there were notices.
    struct Notices {
        bool of_sent = false;
        bool of_unsent = false;
    };
    Notices take_notices(std::optional<std::uint64_t> last = std::nullopt);
    void give_up(std::uint64_t index);
    void lose(std::uint64_t index, net::Clock::time_point now);
    void take_datagram(const net::BatchedDatagram& datagram, const ReceiveTimes& taken);
    void take_unknown(const net::BatchedDatagram& datagram);
    bool is_expected(const net::Endpoint& responder) const;
    void misdirected(std::uint64_t index, const net::BatchedDatagram& datagram,
                     const ReceiveTimes& taken);
    void reject(std::uint64_t index, const Objection& objection,
                const net::BatchedDatagram& datagram, const ReceiveTimes& taken);
    bool spoil(std::uint64_t index, const ReceiveTimes& taken);
    void answer_any(std::uint64_t index, const net::BatchedDatagram& datagram,
                    const ReceiveTimes& taken);
    void answer(std::uint64_t index, const net::BatchedDatagram& datagram,
                const ReceiveTimes& taken);
    void answer_in_time(std::uint64_t index, const net::BatchedDatagram& datagram,
                        const ReceiveTimes& taken, std::chrono::nanoseconds time);
    bool is_repeated(Probe& probe, const net::BatchedDatagram& datagram);
    void report_reply(const net::BatchedDatagram& datagram, std::optional<std::uint64_t> sequence,
                      std::optional<std::chrono::nanoseconds> time,
                      std::string objection = {}) const;
    std::chrono::nanoseconds time_of(const Probe& probe, const net::BatchedDatagram& datagram,
                                     const ReceiveTimes& taken) const;
    std::size_t number_of(const net::Endpoint& responder);

    const MeasurePlan& plan_;
    Measured& measured_;
    std::unique_ptr<DatagramForm> form_;
    DatagramSocket server_;
    std::uint64_t sockets_used_ = 1;
    DatagramLaneOptions options_;
    stats::PortNumbers* by_port_;  // null without options_.source_port
    Silence silence_;
    ProbeWindow window_;
    net::DatagramBatch& batch_;
    std::size_t queue_room_;                   // datagrams sent at once
    std::vector<std::byte> outgoing_;          // a datagram for each of them
    std::vector<net::BatchedDatagram> queue_;  // the latest probes, not sent yet
    std::uint64_t unsent_from_ = 0;            // the index of the first probe not sent yet
    std::uint64_t stamps_from_ = 0;     // the index of the probe whose send timestamp is numbered 0
    std::uint32_t dropped_before_ = 0;  // drops counted by the socket before this lane used it
    std::uint64_t overflowed_ = 0;      // drops of earlier sockets
    std::uint64_t highest_ = 0;         // one more than the highest index answered
    net::Deadline others_until_ = net::no_deadline;  // until when other hosts may answer
    std::vector<net::Endpoint> responders_;          // by number, with options_.to_many
    std::vector<std::uint64_t> responder_replies_;   // by number, with options_.to_many
};

}  // namespace sockbox::probe

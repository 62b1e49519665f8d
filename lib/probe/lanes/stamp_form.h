// A STAMP Session-Sender (RFC 8762, RFC 8972): packets that a reflector timestamps and returns.
#pragma once

#include <vector>

#include "net/stamp_extensions.h"
#include "probe/lanes/datagram_form.h"
#include "stats/directions.h"

namespace sockbox::probe {

// What the reflector is asked for, each by an extension.
struct StampRequests {
    bool location = false;    // the address and port from which packets arrive
    bool timestamps = false;  // its source of time, and how its timestamps are taken
    bool counts = false;      // how many packets it has received and sent
    bool follow_up = false;   // when its answer before really left

    bool any() const noexcept { return location || timestamps || counts || follow_up; }
};

struct StampFormOptions {
    net::stamp::Format format = net::stamp::Format::ntp;
    std::size_t size = net::stamp::packet_bytes;  // bytes; see stamp_size_fits()
    // Request this DSCP for the way back, and a report of the one received.
    std::optional<std::uint8_t> dscp{};
    bool stateful = false;  // the reflector is known to count packets
    StampRequests requests{};
    // With a key, extensions are protected; and packets, in authenticated mode, which requires it.
    std::optional<net::HmacKey> key{};
    net::stamp::Mode mode = net::stamp::Mode::open;
};

// Whether a packet can have `size` bytes: its fields and extensions, and then nothing, or padding,
// which takes at least 4. `size` of the options is unused.
bool stamp_size_fits(std::size_t size, const StampFormOptions& options);
// The smallest such size.
std::size_t min_stamp_size(const StampFormOptions& options);

class StampForm final : public DatagramForm {
  public:
    StampForm(const StampFormOptions& options, std::uint64_t first_sequence);

    std::size_t size() const override { return options_.size; }
    void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) override;
    std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                      const ProbeWindow& window) override;
    bool is_foreign(std::size_t length) const override;
    std::string why_unknown(std::size_t length) const override;
    Objection objection(std::uint64_t index, const Probe& probe, std::span<const std::byte> got,
                        std::size_t length) override;
    void on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) override;
    void on_unsent() override {
        ++unsent_;
        ++unsent_in_session_;
    }
    void on_new_flow() override { begin_session(written_); }
    void add_results(Measured& numbers) const override;

  private:
    bool is_question_of(const net::stamp::SenderPacket& question, const Probe& probe) const;
    void write_extensions(std::uint64_t index, std::span<std::byte> packet) const;
    void note_count(std::uint64_t index, const net::stamp::Answer& answer);
    void note_traffic_class(const DatagramReply& reply);
    void read_extensions(const DatagramReply& reply, const net::stamp::Answer& answer);
    void read_extension(const net::stamp::Extension& extension);
    void note_follow_up(const net::stamp::FollowUp& follow_up);
    struct Losses {
        std::uint64_t forward = 0;
        std::uint64_t backward = 0;
    };
    std::optional<Losses> losses_of_session() const;
    void begin_session(std::uint64_t index);
    void record_loss(stats::Directions& directions, bool any_lost) const;

    StampFormOptions options_;
    std::uint64_t first_sequence_;
    net::stamp::LocalClock clock_;
    std::uint16_t error_ = net::stamp::encode_error(clock_.estimate());

    stats::Directions directions_;
    bool counts_;  // whether the reflector counts
    // A reflector counts the packets of each session by itself. What follows is of the session in
    // progress, which begins with the packet of the index session_begin_.
    std::uint64_t session_begin_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t unsent_in_session_ = 0;
    std::uint64_t asked_ = 0;      // one more than the latest index that was answered
    std::uint64_t counted_ = 0;    // packets counted by the reflector up to its latest answer
    std::uint64_t written_ = 0;    // one more than the latest index
    Losses lost_before_;           // in earlier sessions
    std::uint64_t unsent_ = 0;     // in all sessions
    std::vector<std::byte> copy_;  // of a reply whose extensions are read
    net::stamp::Answer latest_{};  // the latest answer with extensions
};

}  // namespace sockbox::probe

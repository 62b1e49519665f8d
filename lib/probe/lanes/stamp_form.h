// The Session-Sender of STAMP (RFC 8762): questions that a reflector answers with its own times.
#pragma once

#include "net/stamp.h"
#include "probe/lanes/datagram_form.h"
#include "stats/directions.h"

namespace sockbox::probe {

struct StampFormOptions {
    net::stamp::Format format = net::stamp::Format::ntp;
    std::size_t size = net::stamp::packet_bytes;  // see stamp_size_fits()
    std::optional<std::uint8_t> dscp{};  // asks for it on the way back, and for what arrived there
    bool stateful = false;               // the reflector is known to count
};

// Whether a packet can be so long: 44 bytes, or with extensions, of which padding takes 4 or more.
bool stamp_size_fits(std::size_t size, bool with_dscp);
// The shortest of them.
std::size_t least_stamp_size(bool with_dscp);

class StampForm final : public DatagramForm {
  public:
    StampForm(const StampFormOptions& options, std::uint64_t first_sequence);

    std::size_t size() const override { return options_.size; }
    void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) override;
    std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                      const ProbeWindow& window) override;
    bool is_foreign(std::span<const std::byte> got) const override;
    std::string_view objection(const Probe& probe, std::span<const std::byte> got) const override;
    bool is_intact(std::uint64_t index, const Probe& probe,
                   std::span<const std::byte> got) override;
    void on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) override;
    void on_unsent() override { ++unsent_; }
    void tell(Measured& numbers) const override;

  private:
    bool is_question_of(const net::stamp::Question& question, const Probe& probe) const;
    void note_count(std::uint64_t index, const net::stamp::Answer& answer);
    void read_extensions(std::span<const std::byte> got);
    void tell_loss(stats::Directions& directions, bool any_lost) const;

    StampFormOptions options_;
    std::uint64_t first_sequence_;
    net::stamp::LocalClock clock_;
    std::uint16_t error_ = net::stamp::encode_error(clock_.estimate());

    stats::Directions directions_;
    bool counts_;  // the reflector does
    std::uint64_t answered_ = 0;
    std::uint64_t unsent_ = 0;
    std::uint64_t asked_ = 0;    // up to the latest question that was answered
    std::uint64_t counted_ = 0;  // by the reflector, up to its latest answer
};

}  // namespace sockbox::probe

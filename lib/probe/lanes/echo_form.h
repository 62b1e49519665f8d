// Datagrams for an echo server, which returns them unchanged (RFC 862).
#pragma once

#include "probe/lanes/datagram_form.h"

namespace sockbox::probe {

// Datagrams of at least this size start with a session identifier, a sequence number and the time
// of sending, 8 bytes each.
inline constexpr std::size_t echo_header_bytes = 24;
// Shorter ones start with a scrambled sequence number, modulo 2^32. Those that are too short even
// for that are all alike.
inline constexpr std::size_t short_header_bytes = 4;

class EchoForm final : public DatagramForm {
  public:
    // `payload` must outlive the form; `session` distinguishes our replies from those to others.
    EchoForm(const Payload& payload, std::uint64_t first_sequence, std::uint64_t session);
    // Chooses a random session.
    EchoForm(const Payload& payload, std::uint64_t first_sequence);

    std::size_t size() const override { return payload_.size(); }
    bool tells_apart() const override { return payload_.size() >= short_header_bytes; }
    void write(std::uint64_t index, Probe& probe, std::span<std::byte> into) override;
    std::optional<std::uint64_t> find(std::span<const std::byte> got,
                                      const ProbeWindow& window) override;
    bool is_foreign(std::size_t length) const override;
    std::string why_unknown(std::size_t length) const override;
    Objection objection(std::uint64_t index, const Probe& probe, std::span<const std::byte> got,
                        std::size_t length) override;

  private:
    bool has_header() const { return payload_.size() >= echo_header_bytes; }
    void compose(std::uint64_t index, std::int64_t stamp, std::span<std::byte> into) const;
    std::optional<std::uint64_t> find_any(std::span<const std::byte> got,
                                          const ProbeWindow& window) const;

    const Payload& payload_;
    std::uint64_t first_sequence_;
    std::uint64_t session_;
    std::vector<std::byte> scratch_;
};

}  // namespace sockbox::probe

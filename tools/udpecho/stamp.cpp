// STAMP's options and what they make.
#include "tools/udpecho/stamp.h"

namespace sockbox::tools {

void Stamp::declare(Cli& cli) {
    cli.flag("--stamp", "use STAMP (RFC 8762, port 862): loss and delay in each direction",
             wanted_);
    cli.flag("--stateful", "with --stamp: the reflector counts packets", stateful_);
    cli.option("--stamp-format", "FORMAT", "timestamps in STAMP: ntp (default) or ptp",
               take_choice(format_, {"ntp", "ptp"}));
}

std::string Stamp::mistake(const Cli& cli) const {
    for (const char* name : {"stateful", "stamp-format"})
        if (!wanted_ && cli.given(name))
            return fmt::format("--{} needs --stamp", name);
    for (const char* name : {"warmup", "broadcast", "retries", "no-verify"})
        if (wanted_ && cli.given(name))
            return fmt::format("--stamp and --{} are mutually exclusive", name);
    return {};
}

std::string Stamp::size_mistake(std::size_t size, std::optional<int> dscp) const {
    const std::size_t least = probe::least_stamp_size(dscp.has_value());
    if (probe::stamp_size_fits(size, dscp.has_value()))
        return {};
    return fmt::format("--size: a STAMP packet has {} bytes here, or at least {} with padding",
                       least, least + net::stamp::extension_header_bytes);
}

std::unique_ptr<probe::DatagramForm> Stamp::form(std::size_t size, std::optional<int> dscp,
                                                 std::uint64_t first_sequence) const {
    probe::StampFormOptions options;
    options.format = format();
    options.size = size;
    if (dscp)
        options.dscp = static_cast<std::uint8_t>(*dscp);
    options.stateful = stateful_;
    return std::make_unique<probe::StampForm>(options, first_sequence);
}

}  // namespace sockbox::tools

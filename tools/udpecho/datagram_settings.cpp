// Parses the options for datagrams and applies them to a socket.
#include "tools/udpecho/datagram_settings.h"

#include "text/units.h"

namespace sockbox::tools {
namespace {

Take take_small(std::optional<int>& target, int low, int high) {
    return [&target, low, high](std::string_view text) {
        return net::parse_integer(text, low, high).map([&target](std::int64_t value) {
            target = static_cast<int>(value);
        });
    };
}

}  // namespace

void DatagramSettings::declare(Cli& cli) {
    cli.option("--dscp", "N", "mark datagrams with this DSCP, 0 to 63", take_small(dscp_, 0, 63));
    cli.option("--ttl", "N", "set the TTL or hop limit, 1 to 255", take_small(hop_limit_, 1, 255));
    cli.flag("--broadcast", "send to a broadcast address, list the responders", broadcast_);
    cli.option("--timestamps", "WHOSE",
               "kernel or user: source of the times (default: kernel if available)",
               [this](std::string_view text) {
                   std::size_t index = 0;
                   auto taken = take_choice(index, {"kernel", "user"})(text);
                   kernel_stamps_ = index == 0;
                   return taken;
               });
}

net::Result<probe::DatagramSocket> DatagramSettings::open(std::span<const net::Endpoint> endpoints,
                                                          bool connected) const {
    probe::DatagramSocketOptions options;
    options.connected = connected;
    options.source = client_.source;
    options.prepare = client_.prepare();
    options.dscp = dscp_;
    options.hop_limit = hop_limit_;
    options.broadcast = broadcast_;
    auto opened = probe::open_datagram(endpoints, options);
    if (!opened && opened.error().code == std::errc::permission_denied && !broadcast_)
        opened.error().hint = "if this is a broadcast address, use --broadcast";
    return opened;
}

net::Result<bool> DatagramSettings::stamp(net::Socket& socket, net::Stamps stamps) const {
    if (!kernel_stamps_.value_or(true))
        return false;
    const auto done = net::enable_timestamps(socket, stamps);
    if (!done && kernel_stamps_)
        return net::fail(done.error());
    return done.has_value();
}

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
    const std::size_t least = probe::min_stamp_size(dscp.has_value());
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

// Parses the options for datagrams and applies them to a socket.
#include "tools/udpecho/datagram_settings.h"

#include "system/hint.h"
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
    cli.group(help::sending).rest();
    cli.option("--dscp", "N", "mark datagrams with this DSCP, 0 to 63", take_small(dscp_, 0, 63));
    cli.option("--ecn", "N", "set the ECN bits of datagrams, 0 to 3", take_small(ecn_, 0, 3))
        .completed_by(complete_with({"0", "1", "2", "3"}));
    cli.option("--ttl", "N", "set the TTL or hop limit, 1 to 255", take_small(hop_limit_, 1, 255));
    cli.flag("--broadcast", "send to a broadcast address, list the responders", broadcast_);
    cli.group(help::measurement).rest();
    cli.option("--timestamps", "WHOSE",
               "kernel or user: source of the times (default: kernel if available)",
               take_choice({"kernel", "user"},
                           [this](std::size_t index) { kernel_stamps_ = index == 0; }));
}

net::Result<probe::DatagramSocket> DatagramSettings::open(std::span<const net::Endpoint> endpoints,
                                                          bool connected,
                                                          std::size_t number) const {
    probe::DatagramSocketOptions options;
    options.connected = connected;
    options.source = client_.source;
    options.source_port = client_.source_port(number);
    options.prepare = client_.prepare();
    options.dscp = dscp();
    options.ecn = ecn_.value_or(0);
    options.header_fields = header_fields_;
    options.hop_limit = hop_limit_;
    options.broadcast = broadcast_;
    auto opened = probe::open_datagram(endpoints, options);
    if (!opened && opened.error().code == std::errc::permission_denied && !broadcast_ &&
        opened.error().action == "connect")
        opened.error().hint = net::hint(net::Hint::broadcast_address);
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
    cli.group(help::modes);
    cli.flag("--stamp", "use STAMP (RFC 8762): loss and delay by direction", wanted_);
    cli.rest();
    cli.flag("--stateful", "with --stamp: the reflector counts packets", stateful_);
    cli.option("--stamp-format", "FORMAT", "timestamps in STAMP: ntp (default) or ptp",
               take_choice(format_, {"ntp", "ptp"}));
    cli.repeated(
        "--stamp-request", "WHAT",
        "with --stamp: ask for location, clock, counts or follow-up; repeatable",
        take_choice({"location", "clock", "counts", "follow-up"}, [this](std::size_t index) {
            bool* const requests[] = {&requests_.location, &requests_.timestamps, &requests_.counts,
                                      &requests_.follow_up};
            *requests[index] = true;
        }));
    cli.option("--stamp-key-file", "FILE", "with --stamp: authenticate packets with this key",
               take_text(key_file_));
    cli.flag("--stamp-open", "with --stamp-key-file: authenticate only extensions", open_);
}

net::Status Stamp::read_key() {
    if (key_file_.empty())
        return {};
    auto key = net::HmacKey::read(key_file_);
    if (!key)
        return net::fail(key.error());
    key_ = std::move(*key);
    return {};
}

std::string Stamp::mistake(const Cli& cli) const {
    for (const char* name : {"stateful", "stamp-format", "stamp-request", "stamp-key-file"})
        if (!wanted_ && cli.given(name))
            return fmt::format("--{} needs --stamp", name);
    if (open_ && key_file_.empty())
        return "--stamp-open needs --stamp-key-file";
    return cli.exclusion("stamp", {"warmup", "broadcast", "retries", "no-verify"});
}

probe::StampFormOptions Stamp::options(std::size_t size, std::optional<int> dscp) const {
    probe::StampFormOptions options;
    options.format = format();
    options.size = size;
    if (dscp)
        options.dscp = static_cast<std::uint8_t>(*dscp);
    options.stateful = stateful_;
    options.requests = requests_;
    options.key = key_;
    options.mode = mode();
    return options;
}

std::size_t Stamp::min_size(std::optional<int> dscp) const {
    return probe::min_stamp_size(options(0, dscp));
}

std::string Stamp::size_mistake(std::size_t size, std::optional<int> dscp) const {
    const std::size_t least = min_size(dscp);
    if (probe::stamp_size_fits(size, options(size, dscp)))
        return {};
    return fmt::format("--size: a STAMP packet has {} bytes here, or at least {} with padding",
                       least, least + net::stamp::extension_header_bytes);
}

std::unique_ptr<probe::DatagramForm> Stamp::form(std::size_t size, std::optional<int> dscp,
                                                 std::uint64_t first_sequence) const {
    return std::make_unique<probe::StampForm>(options(size, dscp), first_sequence);
}

}  // namespace sockbox::tools

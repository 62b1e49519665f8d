// The search for the path MTU.
#include "probe/path/path_mtu.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/datagram_notices.h"
#include "net/datagram_options.h"
#include "probe/lanes/datagram_form.h"

namespace sockbox::probe {
namespace {

constexpr std::size_t udp_header = 8;
// The largest IPv4 packet; the search stops there for IPv6 too.
constexpr std::size_t longest_packet = 65535;
constexpr std::size_t number_bytes = 4;

class MtuSearch {
  public:
    MtuSearch(net::Socket& socket, const PathMtuOptions& options, const net::StopSignal& stop)
        : socket_(socket),
          options_(options),
          stop_(stop),
          noise_(longest_packet),
          datagram_(longest_packet),
          buffer_(longest_packet + 1) {}

    net::Result<PathMtu> run() {
        const std::size_t local = options_.local_mtu;
        std::size_t low = 0;  // the largest size that was answered
        std::size_t high = std::min(local, longest_packet);
        found_.limits.push_back({local, std::nullopt});
        std::size_t next = high;
        while (low < high && !found_.interrupted) {
            const Outcome outcome = probe(next);
            if (outcome == Outcome::misdirected)
                break;
            if (outcome == Outcome::refused)
                return net::fail(refusal_);
            if (outcome == Outcome::passed)
                low = next;
            else
                high = next - 1;
            if (outcome == Outcome::limit_reported)
                high = std::min(high, found_.limits.back().mtu);
            if (outcome == Outcome::lost && next <= min_mtu(options_.family))
                break;  // no size is answered at all
            next = next_size(outcome, low, high);
        }
        found_.at_least = low;
        if (low > 0 && !found_.interrupted && found_.misdirected == 0) {
            found_.mtu = low == longest_packet ? std::max(low, local) : low;
            found_.payload = low - header_bytes(options_.family);
        }
        found_.black_hole = found_.black_hole && low > 0;
        return found_;
    }

  private:
    enum class Outcome : std::uint8_t { passed, limit_reported, lost, refused, misdirected };

    // A size reported by a router is tried first. After silence the minimum MTU comes next, to find
    // out whether anything is answered at all, and then the middle of the range.
    std::size_t next_size(Outcome outcome, std::size_t low, std::size_t high) const {
        const std::size_t least = min_mtu(options_.family);
        if (outcome == Outcome::limit_reported && high > low)
            return high;
        if (low == 0)
            return std::min(least, high);
        return low + (high - low + 1) / 2;
    }

    Outcome probe(std::size_t packet) {
        for (unsigned tried = 0; tried < options_.tries && !found_.interrupted; ++tried) {
            const auto outcome = try_once(packet - header_bytes(options_.family));
            if (outcome != Outcome::lost)
                return outcome;
        }
        found_.black_hole = found_.black_hole || !found_.interrupted;
        return Outcome::lost;
    }

    Outcome try_once(std::size_t payload) {
        const auto data = compose(payload);
        net::Transfer sent = send_when_there_is_room(data);
        for (int errors = 0; errors < 3 && sent.failed(); ++errors) {
            // Either an error left by an earlier probe, or our own interface's MTU is too small.
            if (sent.error == std::errc::message_size && take_limit())
                return Outcome::limit_reported;
            while (net::take_icmp_error(socket_)) {
            }
            sent = send_when_there_is_room(data);
        }
        if (found_.interrupted)
            return Outcome::lost;
        if (sent.failed()) {
            refusal_ = {sent.error, "send to", {}, {}, {}};
            return Outcome::refused;
        }
        ++found_.sent;
        return await(data);
    }

    // A full queue on this host says nothing about the path: tries again until there is room, at
    // most for the time of one try.
    net::Transfer send_when_there_is_room(std::span<const std::byte> data) {
        constexpr std::chrono::milliseconds pause{5};
        const auto deadline = net::deadline_in(options_.timeout);
        for (;;) {
            net::Transfer sent = options_.destination ? socket_.send_to(data, *options_.destination)
                                                      : socket_.send(data);
            const bool full = sent.would_block() || sent.error == std::errc::no_buffer_space;
            if (!full)
                return sent;
            sent = {net::Transfer::State::failed, 0,
                    net::platform::error_of(std::errc::no_buffer_space)};
            if (net::Clock::now() >= deadline)
                return sent;
            std::array wait{net::PollEntry{stop_.waitable(), POLLIN, 0}};
            if (net::poll_precisely(wait, pause) > 0) {
                found_.interrupted = true;
                return sent;
            }
        }
    }

    // Numbers each try, so that a late answer to another one is not mistaken for this one's.
    std::span<const std::byte> compose(std::size_t payload) {
        ++number_;
        const auto noise = noise_.message(number_);
        const auto data = std::span(datagram_).first(payload);
        std::copy_n(noise.begin(), payload, data.begin());
        std::memcpy(data.data(), &number_, std::min(payload, number_bytes));
        return data;
    }

    Outcome await(std::span<const std::byte> data) {
        const auto deadline = net::deadline_in(options_.timeout);
        for (;;) {
            const auto ready = net::wait_for(socket_, net::Direction::receive, deadline, &stop_);
            found_.interrupted = ready == net::Readiness::stopped;
            if (ready != net::Readiness::ready)
                return Outcome::lost;
            if (take_limit())
                return Outcome::limit_reported;
            if (refusal_.code)
                return Outcome::refused;
            const auto [got, source, _] = socket_.receive_from(buffer_);
            if (got.failed()) {
                refusal_ = {got.error, "receive from", {}, {}, {}};
                return Outcome::refused;
            }
            if (got.done() && std::ranges::equal(std::span(buffer_).first(got.bytes), data))
                return take_echo(source);
        }
    }

    Outcome take_echo(const net::Endpoint& source) {
        if (options_.destination && source != *options_.destination) {
            ++found_.misdirected;
            found_.from = source;
            return Outcome::misdirected;
        }
        ++found_.answered;
        return Outcome::passed;
    }

    // Returns whether an ICMP error reported a smaller MTU than any before.
    bool take_limit() {
        while (auto error = net::take_icmp_error(socket_)) {
            if (!net::has_mtu(*error)) {
                if (error->sender && error->code != std::errc::message_size)
                    refusal_ = {error->code, "send to", {}, net::to_text(*error), {}};
                continue;
            }
            if (error->info >= found_.limits.back().mtu || error->info < min_mtu(options_.family))
                continue;
            found_.limits.push_back({error->info, error->sender});
            return true;
        }
        return false;
    }

    net::Socket& socket_;
    const PathMtuOptions& options_;
    const net::StopSignal& stop_;
    Payload noise_;
    std::vector<std::byte> datagram_;
    std::vector<std::byte> buffer_;
    std::uint32_t number_ = 0;
    PathMtu found_;
    net::Error refusal_;
};

}  // namespace

std::size_t header_bytes(net::Family family) {
    return (family == net::Family::ipv6 ? 40 : 20) + udp_header;
}

std::size_t min_mtu(net::Family family) {
    return family == net::Family::ipv6 ? 1280 : 68;
}

net::Result<PathMtu> find_path_mtu(net::Socket& socket, const PathMtuOptions& options,
                                   const net::StopSignal& stop) {
    return MtuSearch(socket, options, stop).run();
}

}  // namespace sockbox::probe

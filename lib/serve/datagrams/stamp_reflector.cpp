// Turns STAMP test packets into reflected ones.
#include "serve/datagrams/stamp_reflector.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <random>

#include "net/datagram_notices.h"
#include "stats/split_mix.h"

namespace sockbox::serve {
namespace {

namespace stamp = net::stamp;

constexpr std::chrono::seconds quality_lasts{1};

std::uint64_t random_number() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

std::chrono::nanoseconds wall_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

net::Status StampReflector::prepare(net::Socket& socket) {
    (void)net::enable_timestamps(socket, net::Stamps::arrivals);  // otherwise our own time is used
    return net::DatagramBatch::enable_header_fields(socket);
}

StampReflector::StampReflector(const StampReflectorOptions& options)
    : options_(options), by_id_(0, Hash{random_number()}) {}

bool StampReflector::reflect(net::BatchedDatagram& datagram, net::Deadline now) {
    const auto question = stamp::read_question(datagram.data);
    const bool is_short = datagram.data.size() < stamp::packet_bytes;
    if (!question || (is_short && (!options_.answers_short || datagram.room < stamp::packet_bytes)))
        return false;
    std::optional<std::uint8_t> wanted_dscp;
    if (is_short)
        datagram.data = {datagram.data.data(), stamp::packet_bytes};
    else if (!stamp::is_twamp_light(datagram.data))
        wanted_dscp = stamp::reflect_extensions(datagram.data, datagram.traffic_class.value_or(0));
    stamp::Answer answer;
    answer.question = *question;
    answer.session = question->session;
    answer.sequence =
        options_.stateful ? count({datagram.peer, question->session}, now) : question->sequence;
    const stamp::LocalClock& clock = clock_now(now);
    answer.error = stamp::encode_error(clock.estimate());
    answer.hop_limit = datagram.hop_limit.value_or(0);
    datagram.traffic_class.reset();
    if (wanted_dscp)
        datagram.traffic_class = static_cast<std::uint8_t>(*wanted_dscp << 2);
    const auto leaves = wall_now();
    // If the wall clock was set in between, the packet must not appear to leave before it arrived.
    const auto received = std::min(datagram.arrived.value_or(leaves), leaves);
    answer.received = clock.encode(received);
    answer.time = clock.encode(leaves);
    stamp::write(answer, datagram.data);
    return true;
}

std::size_t StampReflector::Hash::operator()(const SessionId& id) const noexcept {
    std::array<std::uint64_t, 2> address{};
    std::memcpy(address.data(), id.peer.mapped().bytes().data(), sizeof address);
    const std::uint64_t rest =
        std::uint64_t{id.peer.scope_id()} << 32 | std::uint32_t{id.peer.port()} << 16 | id.number;
    std::uint64_t hash = secret;
    for (const std::uint64_t part : {address[0], address[1], rest})
        hash = stats::mix(hash ^ part) ^ ~secret;
    return hash;
}

// The number of the packet in its session.
std::uint32_t StampReflector::count(const SessionId& id, net::Deadline now) {
    while (!sessions_.empty() && now - sessions_.back().seen >= session_lasts) {
        by_id_.erase(sessions_.back().id);
        sessions_.pop_back();
    }
    if (const auto found = by_id_.find(id); found != by_id_.end()) {
        sessions_.splice(sessions_.begin(), sessions_, found->second);
    } else {
        if (sessions_.size() == max_sessions) {
            by_id_.erase(sessions_.back().id);
            sessions_.pop_back();
        }
        sessions_.push_front({id, 0, now});
        try {
            by_id_.emplace(id, sessions_.begin());
        } catch (const std::bad_alloc&) {
            sessions_.pop_front();
            throw;
        }
    }
    sessions_.front().seen = now;
    return sessions_.front().packets++;
}

const stamp::LocalClock& StampReflector::clock_now(net::Deadline now) {
    if (!clock_ || now >= clock_until_) {
        clock_.emplace(options_.format, net::clock_quality());
        clock_until_ = now + quality_lasts;
    }
    return *clock_;
}

}  // namespace sockbox::serve

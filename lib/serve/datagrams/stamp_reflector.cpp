// Turns STAMP test packets into reflected ones.
#include "serve/datagrams/stamp_reflector.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <random>

#include "net/datagram_notices.h"
#include "stats/ecn_counts.h"
#include "stats/split_mix.h"

namespace sockbox::serve {
namespace {

namespace stamp = net::stamp;

constexpr std::chrono::seconds quality_lasts{1};

std::uint64_t random_number() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

// Replies are marked as capable of ECN as packets are, or a router could not mark congestion on
// their way. One that was marked there is ECT(0) again, so that the two ways can be told apart.
std::uint8_t ecn_of_reply(std::uint8_t traffic_class) {
    const auto ecn = static_cast<std::uint8_t>(traffic_class & 0x3U);
    return ecn == stats::EcnCounts::ce ? std::uint8_t{stats::EcnCounts::ect0} : ecn;
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

Made StampReflector::reflect(net::BatchedDatagram& datagram, net::Deadline now) {
    const bool is_open = options_.mode == stamp::Mode::open;
    const auto question =
        is_open ? stamp::read_question(datagram.data) : stamp::read_authenticated(datagram.data);
    const bool is_short = datagram.data.size() < stamp::size_of(options_.mode);
    if (!question || (is_short && (!options_.answers_short || datagram.room < stamp::packet_bytes)))
        return Made::nothing;
    if (!is_open && !stamp::is_signed(datagram.data, *options_.key))
        return Made::not_authentic;
    const bool has_extensions = !is_short && (!is_open || !stamp::is_twamp_light(datagram.data));
    if (is_short)
        datagram.data = {datagram.data.data(), stamp::packet_bytes};
    Session* session = nullptr;
    if (options_.stateful) {
        session = &find_session({datagram.peer, question->session}, now);
        ++session->packets;
    }
    stamp::Answer answer;
    answer.question = *question;
    answer.session = question->session;
    answer.sequence = session != nullptr ? session->packets - 1 : question->sequence;
    answer.error = stamp::encode_error(clock_now(now).estimate());
    answer.hop_limit = datagram.hop_limit.value_or(0);
    const auto reflected = fill_in(datagram, answer, session, has_extensions);
    if (!reflected.hmac.empty())
        stamp::write_hmac(datagram.data, options_.mode, reflected.hmac, *options_.key, 0);
    if (!is_open)
        stamp::sign(datagram.data, *options_.key);
    if (session != nullptr)
        session->left = answer.time;
    return Made::answer;
}

stamp::Reflected StampReflector::fill_in(net::BatchedDatagram& datagram, stamp::Answer& answer,
                                         Session* session, bool has_extensions) {
    stamp::Reflected reflected;
    if (has_extensions) {
        stamp::Reflection reflection;
        reflection.traffic_class = datagram.traffic_class.value_or(0);
        reflection.source = datagram.peer;
        reflection.destination = datagram.local.with_port(port_);
        reflection.synchronized = clock_->estimate().synchronized;
        reflection.method_in = stamp::Method::software;
        reflection.key = options_.key ? &*options_.key : nullptr;
        if (session != nullptr)
            reflection.counts = {0, session->packets, session->packets};
        if (session != nullptr && session->packets > 1)
            reflection.last = {answer.sequence - 1, session->left, stamp::Method::software};
        reflected = stamp::reflect_extensions(datagram.data, options_.mode, reflection);
    }
    const std::uint8_t arrived_as = datagram.traffic_class.value_or(0);
    datagram.traffic_class.reset();
    if (reflected.wanted_dscp)
        datagram.traffic_class =
            static_cast<std::uint8_t>(*reflected.wanted_dscp << 2 | ecn_of_reply(arrived_as));
    const auto leaves = wall_now();
    // If the wall clock was set in between, the packet must not appear to leave before it arrived.
    const auto received = std::min(datagram.arrived.value_or(leaves), leaves);
    answer.received = clock_->encode(received);
    answer.time = clock_->encode(leaves);
    stamp::write(answer, datagram.data, options_.mode);
    return reflected;
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

StampReflector::Session& StampReflector::find_session(const SessionId& id, net::Deadline now) {
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
        sessions_.push_front({id, 0, now, 0});
        try {
            by_id_.emplace(id, sessions_.begin());
        } catch (const std::bad_alloc&) {
            sessions_.pop_front();
            throw;
        }
    }
    sessions_.front().seen = now;
    return sessions_.front();
}

const stamp::LocalClock& StampReflector::clock_now(net::Deadline now) {
    if (!clock_ || now >= clock_until_) {
        clock_.emplace(options_.format, net::clock_quality());
        clock_until_ = now + quality_lasts;
    }
    return *clock_;
}

}  // namespace sockbox::serve

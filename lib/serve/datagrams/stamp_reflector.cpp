// Turns STAMP test packets into reflected ones.
#include "serve/datagrams/stamp_reflector.h"

#include <algorithm>

#include "net/datagram_notices.h"

namespace sockbox::serve {
namespace {

namespace stamp = net::stamp;

constexpr std::chrono::seconds quality_lasts{1};

std::chrono::nanoseconds wall_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

net::Status StampReflector::prepare(net::Socket& socket) {
    (void)net::enable_timestamps(socket, net::Stamps::arrivals);  // otherwise our own time is used
    return net::DatagramBatch::enable_header_fields(socket);
}

bool StampReflector::reflect(net::BatchedDatagram& datagram) {
    const auto question = stamp::read_question(datagram.data);
    if (!question)
        return false;
    const auto wanted_dscp =
        stamp::reflect_extensions(datagram.data, datagram.traffic_class.value_or(0));
    stamp::Answer answer;
    answer.question = *question;
    answer.session = question->session;
    answer.sequence =
        options_.stateful ? count({datagram.peer, question->session}) : question->sequence;
    const stamp::LocalClock& clock = clock_now();
    answer.error = stamp::encode_error(clock.estimate());
    answer.hop_limit = datagram.hop_limit.value_or(0);
    datagram.traffic_class.reset();
    if (wanted_dscp)
        datagram.traffic_class = static_cast<std::uint8_t>(*wanted_dscp << 2);
    const auto now = wall_now();
    // If the wall clock was set in between, the packet must not appear to leave before it arrived.
    const auto received = std::min(datagram.arrived.value_or(now), now);
    answer.received = clock.encode(received);
    answer.time = clock.encode(now);
    stamp::write(answer, datagram.data);
    return true;
}

std::uint32_t StampReflector::count(const SessionId& id) {
    const auto found = sessions_.find(id);
    if (found != sessions_.end())
        return found->second++;
    if (sessions_.size() == max_sessions)
        sessions_.erase(sessions_.begin());
    sessions_.emplace(id, 1);
    return 0;
}

const stamp::LocalClock& StampReflector::clock_now() {
    if (const auto now = net::Clock::now(); !clock_ || now >= clock_until_) {
        clock_.emplace(options_.format, net::clock_quality());
        clock_until_ = now + quality_lasts;
    }
    return *clock_;
}

}  // namespace sockbox::serve
